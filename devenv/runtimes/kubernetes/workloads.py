"""One service in its namespace: applied, scaled to nothing, deleted."""

from __future__ import annotations

import asyncio
from typing import Any

from devenv.errors import DevenvError
from devenv.model.environment import Replica
from devenv.model.plan import Start
from devenv.model.unit import Health
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.inventory import Inventory, entry_of, stray
from devenv.runtimes.kubernetes.objects.registry import pull_secret, pulling
from devenv.runtimes.kubernetes.objects.service import objects
from devenv.runtimes.kubernetes.place import Place
from devenv.runtimes.kubernetes.resources import BY_KIND, JOB, STATEFUL_SET, Resource, name_of
from devenv.runtimes.kubernetes.rows import Workload, is_over, unit_of
from devenv.runtimes.protocol import Login

GOES_WITHIN = 60.0
"""Seconds that what is deleted or stopped has beyond its own grace."""
TICK = 0.001
"""Seconds between a start and a stop, whatever two machines take the cluster's time to be."""


class Workloads:
    """Those of one place."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._namespace = place.need()
        self._server = place.server
        self._preview = place.preview.name
        self._inventory = Inventory(self._server, self._namespace, self._preview)

    async def start(
        self,
        step: Start,
        there: tuple[Resource, Workload] | None,
        login: Login | None = None,
    ) -> None:
        """Apply all objects of a service; what it had and has no more is deleted.

        ``login``: what its image cannot be pulled without. Where nobody has one here, that is kept
        which is there, for it is somebody's who had.
        """
        service, index = step.replica.service, step.replica.index
        made = objects(self._preview, service, index)
        secrets = there[1].pull_secrets if there else []
        if login is not None:
            secrets = [{"name": name_of(await self._apply(pull_secret(self._preview, login)))}]
        begun = max(self._server.connection.clock.now(), there[1].stopped + TICK if there else 0.0)
        workload = pulling(_marked(made[-1], step, begun), secrets)
        if there is not None and _must_go_first(*there, workload):
            await self._delete(*there)
        before = await self._inventory.of(service.name)
        others = await asyncio.gather(*(self._apply(one) for one in made[:-1]))
        applied = [*others, await self._apply(workload)]
        now = [entry_of(one) for one in applied]
        kept = [one for one in before if one.name != name_of(workload) and index]
        if sorted(now) != sorted(before):
            await self._inventory.prune(stray(before, [*now, *kept]))
            await self._inventory.put(service.name, [*now, *kept])

    async def stop(self, resource: Resource, workload: Workload, grace: float) -> None:
        """Let its pods go, and return when they have."""
        await self.suspend(resource, workload)
        if not await self._server.cache.until(
            lambda: all(map(is_over, self._place.pods(workload.id))), grace + GOES_WITHIN
        ):
            left = ", ".join(name_of(pod) for pod in self._place.pods(workload.id))
            raise DevenvError(
                f"{workload.id.service} does not end: {left} is still there",
                f"see kubectl describe pod --namespace {self._namespace}",
            )

    async def suspend(self, resource: Resource, workload: Workload) -> None:
        """Want no pod of it any more."""
        spec = {"suspend": True} if resource is JOB else {"replicas": 0}
        now = max(self._server.connection.clock.now(), workload.started + TICK)
        stamp = {names.STOPPED: f"{now:.3f}"}
        body = {"metadata": {"annotations": stamp}, "spec": spec}
        await self._server.merge(resource, self._namespace, name_of(workload.made), body)

    async def remove(self, resource: Resource, workload: Workload) -> None:
        """Delete all that a service has."""
        service = workload.id.service
        await self._delete(resource, workload)
        entries = await self._inventory.of(service)
        await self._inventory.prune(entries)
        await self._inventory.put(service, ())

    async def _apply(self, made: dict[str, Any]) -> Any:
        return await self._server.apply(self._namespace, made, self._preview)

    async def _delete(self, resource: Resource, workload: Workload) -> None:
        metadata = workload.made["metadata"]
        name, uid = metadata["name"], metadata["uid"]
        await self._server.delete(resource, self._namespace, name, uid)

        def gone() -> bool:
            found = self._server.cache.get(resource, self._namespace, name)
            return found is None or found["metadata"]["uid"] != uid

        if not await self._server.cache.until(gone, GOES_WITHIN):
            raise DevenvError(
                f"{resource.kind} {name} in {self._namespace} does not go",
                "see its finalizers: kubectl get -o yaml",
            )


def _must_go_first(there: Resource, workload: Workload, wanted: dict[str, Any]) -> bool:
    """A Job cannot be changed, and nothing can become another kind.

    A StatefulSet does not replace a pod that never was ready.
    """
    if there is JOB or there is not BY_KIND[wanted["kind"]]:
        return True
    unit = unit_of(workload)
    return there is STATEFUL_SET and unit.exit is None and unit.health is not Health.PASSING


def _marked(workload: dict[str, Any], step: Start, now: float) -> dict[str, Any]:
    """Write on it what it was started for, and when."""
    replica: Replica = step.replica
    marks = {
        names.FINGERPRINT: replica.fingerprint,
        names.GENERATION: str(replica.generation),
        names.ATTEMPT: str(step.attempt),
        names.RESTARTS: str(step.restarts),
        names.STARTED: f"{now:.3f}",
    }
    metadata = workload["metadata"]
    annotations = {**metadata.get("annotations", {}), **marks}
    made = {**workload, "metadata": {**metadata, "annotations": annotations}}
    if workload["kind"] == "Job":
        return made
    # Other marks mean other pods: of what they mount and of Secrets, a pod sees no change.
    template = made["spec"]["template"]
    annotations = template["metadata"].get("annotations") or {}
    own = {name: marks[name] for name in names.OF_PODS}
    marked = {**template["metadata"], "annotations": {**annotations, **own}}
    return {**made, "spec": {**made["spec"], "template": {**template, "metadata": marked}}}
