"""The Kubernetes runtime: the contract of a runtime, by way of a workload for each service."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId, ReplicaId
from devenv.model.plan import Start, StopUnit
from devenv.model.service import Kind
from devenv.model.unit import Unit
from devenv.runtimes.kubernetes.commands import Commands
from devenv.runtimes.kubernetes.images import Images
from devenv.runtimes.kubernetes.pace import Pace
from devenv.runtimes.kubernetes.servers import Servers
from devenv.runtimes.protocol import (
    Capability,
    Chunk,
    Look,
    Preparation,
    Report,
    Sample,
    Sources,
)
from devenv.runtimes.refused import not_made

if TYPE_CHECKING:  # loaded when the first cluster is asked
    from devenv.runtimes.kubernetes.place import Place
    from devenv.runtimes.kubernetes.resources import Resource
    from devenv.runtimes.kubernetes.rows import Workload

TAKEN_DOWN = "it was taken down elsewhere"
TAKEN_OVER = "it was brought up elsewhere"
ADOPTED = "adopted"
"""What is prepared is not known: another daemon did it."""


class KubernetesRuntime:
    """A service is one unit, however many pods it has: the cluster restarts and counts them."""

    name = "kubernetes"
    capabilities = (
        Capability.EXEC
        | Capability.ATTACH
        | Capability.OUTLIVES_DAEMON
        | Capability.SUPERVISES
        | Capability.LOGS
    )

    def __init__(self, sources: Sources, origin: str, pace: Pace | None = None) -> None:
        """``origin``: a name for the user's state folder on this machine."""
        self.servers = Servers(origin, pace or Pace())
        self.commands = Commands(self.servers)
        self._images = Images(self.servers, sources)
        self._failed: dict[EnvironmentId, dict[ReplicaId, Unit]] = {}
        # Once: a unit is known by when it started, so that must stay the same number.
        self._boot = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)

    async def observe(self, environment: EnvironmentId) -> Look:
        place = self.servers.get(environment)
        if place is None:
            return Look()
        if place.server.away:
            return Look(away=place.server.away, prepared=place.prepared or ADOPTED)
        lost = await _lost(place)
        if lost is not None:
            self._failed.pop(environment, None)
            return lost
        there = place.workloads(self._boot)
        place.server.refusals.follow(workload for _, workload in there.values())
        units = {key: _unit(workload) for key, (_, workload) in there.items()}
        failed = self._failed.get(environment, {})
        units |= {key: unit for key, unit in failed.items() if not _is_made(units.get(key), unit)}
        prepared = place.prepared or ADOPTED if place.is_held else ""
        return Look(units, prepared, stale=place.server.stale)

    def changes(self) -> AsyncIterator[EnvironmentId]:
        return self.servers.changes()

    async def prepare(
        self, environment: EnvironmentId, preparation: Preparation, report: Report
    ) -> None:
        """Have the namespace, with all that guards it."""
        from devenv.runtimes.kubernetes import namespaces

        preview = preparation.preview
        if preview is None:
            raise DevenvError(f"{environment} is no preview", "devenv preview up")
        place = self.servers.know(environment, preview)
        place.asked, place.ending = True, ""
        await place.server.open()
        name = await namespaces.ensure(place.server, preview, place.origin)
        place.asked = False
        report(f"namespace {name}")
        told = (preparation.resources, preparation.digests)
        await namespaces.furnish(place.server, name, preview, *told)
        place.prepared, place.preparation = preparation.fingerprint, preparation
        self.servers.hint(environment)

    async def start(self, environment: EnvironmentId, step: Start, report: Report) -> None:
        """Apply what a service is made of. What the server refuses is a unit that has ended."""
        from devenv.runtimes.kubernetes.errors import RefusedError, UnbuiltError
        from devenv.runtimes.kubernetes.workloads import Workloads

        place = self.servers.need(environment)
        workloads = Workloads(place)
        failed = self._failed.setdefault(environment, {})
        failed.pop(step.replica.id, None)
        there = place.workloads(self._boot).get(step.replica.id)
        if there is not None and _runs(there[1], step):
            return
        try:
            built = await self._images.pinned(environment, step, there and there[1], report)
            login = await self._images.access(environment, built.replica.service, report)
            await workloads.start(built, there, login)
        except (RefusedError, UnbuiltError) as error:
            failed[step.replica.id] = not_made(step, self.name, error)
        self.servers.hint(environment)

    async def stop(self, environment: EnvironmentId, step: StopUnit, report: Report) -> None:
        from devenv.runtimes.kubernetes.workloads import Workloads

        place, found = self._found(environment, step.unit.id)
        if place is not None and found is not None and _unit(found[1]).exit is None:
            await Workloads(place).stop(*found, step.grace)

    async def pause(self, environment: EnvironmentId, replica: ReplicaId, *, paused: bool) -> None:
        raise DevenvError("a preview cannot stand still", "devenv preview down takes it down")

    async def remove(self, environment: EnvironmentId, replica: ReplicaId) -> None:
        from devenv.runtimes.kubernetes.workloads import Workloads

        failed = self._failed.get(environment, {}).pop(replica, None)
        place, found = self._found(environment, replica)
        if place is not None and found is not None:
            if _unit(found[1]).exit is None and failed is None:
                raise DevenvError(f"{replica.service} still runs")
            if _unit(found[1]).exit is not None:
                await Workloads(place).remove(*found)
        self.servers.hint(environment)

    async def discard(self, environment: EnvironmentId, *, data: bool) -> None:
        """End all, the namespace too; volumes are data, and keep that until they are to go.

        What another daemon has prepared may have volumes.
        """
        from devenv.runtimes.kubernetes import ending

        self._failed.pop(environment, None)
        place = self.servers.get(environment)
        if place is None:
            return
        place.server.need()
        if data or (place.prepared and not place.preparation.resources.volumes):
            await ending.end(place)
        else:
            await ending.keep(place)
        self.servers.forget(environment)

    async def samples(self, environment: EnvironmentId) -> Mapping[ReplicaId, Sample]:
        """Only which ones run: what they use, a metrics server would have to say."""
        units = (await self.observe(environment)).units
        return {key: Sample(0.0, 0) for key, unit in units.items() if unit.exit is None}

    async def logs(
        self, environment: EnvironmentId, replica: ReplicaId, since: int
    ) -> AsyncIterator[list[Chunk]]:
        """Yield what all pods of a service write after ``since``; ends when it has ended."""
        from devenv.runtimes.kubernetes.logs import follow

        place = self.servers.need(environment)

        def ended() -> bool:
            found = place.workloads(self._boot).get(replica)
            return found is None or _unit(found[1]).exit is not None

        async for chunks in follow(place, replica, since, ended):
            yield chunks

    async def close(self) -> None:
        await self.servers.close()

    def _found(
        self, environment: EnvironmentId, replica: ReplicaId
    ) -> tuple[Place | None, tuple[Resource, Workload] | None]:
        place = self.servers.get(environment)
        return place, place.workloads(self._boot).get(replica) if place else None


async def _lost(place: Place) -> Look | None:
    """What is seen of what somebody else has brought up anew, or taken down; None: it is ours."""
    from devenv.runtimes.kubernetes.namespaces import is_gone

    if place.is_minded_elsewhere:
        return Look(lost=TAKEN_OVER)
    if place.namespace or place.asked or not await is_gone(place.server, place.preview):
        return None
    return Look(lost=TAKEN_DOWN, prepared=ADOPTED if place.is_held else "")


def _runs(workload: Workload, step: Start) -> bool:
    """Tell whether it runs as asked. DevenvError: a task runs as it was asked for before."""
    unit, wanted = _unit(workload), step.replica
    if unit.exit is not None:
        return False
    if (unit.fingerprint, unit.generation) == (wanted.fingerprint, wanted.generation):
        return True
    if wanted.service.kind is Kind.TASK:
        raise DevenvError(f"{wanted.id.service} still runs as it was asked for before")
    return False


def _is_made(unit: Unit | None, failed: Unit) -> bool:
    """Tell whether what a start has failed to make runs by now."""
    if unit is None or unit.exit is not None:
        return False
    return (unit.fingerprint, unit.generation) == (failed.fingerprint, failed.generation)


def _unit(workload: Workload) -> Unit:
    from devenv.runtimes.kubernetes.rows import unit_of

    return unit_of(workload)
