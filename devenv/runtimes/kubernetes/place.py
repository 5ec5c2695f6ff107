"""Where an environment is: its preview, its cluster, and the namespace that it has there now."""

from __future__ import annotations

import time
from collections.abc import Mapping

from devenv.errors import DevenvError
from devenv.model.environment import ReplicaId
from devenv.model.preview import Preview
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.cache import Object, annotation, is_leaving
from devenv.runtimes.kubernetes.homes import is_ours_to_delete, namespace_of
from devenv.runtimes.kubernetes.resources import POD, Resource
from devenv.runtimes.kubernetes.rows import Workload, matching, unit_of
from devenv.runtimes.kubernetes.server import Server
from devenv.runtimes.protocol import Client, Preparation


class Place:
    """``prepared`` is what was prepared last, by this daemon; ``preparation`` all of it.

    ``asked``: somebody has asked for it since it was there last. Only then a namespace is made:
    one that was taken down elsewhere stays down. ``taking_over``: this daemon holds by now what
    another one did, and does not know yet what is wanted of it. ``ending``: the namespace that this
    daemon has let go, and of which something may run.
    """

    def __init__(self, preview: Preview, server: Server, origin: str = "") -> None:
        """``origin``: what this daemon holds previews by; "" where it only looks."""
        self.preview = preview
        self.origin = origin
        self.server = server
        self.prepared = ""
        self.preparation = Preparation("", Client("/"))
        self.asked = False
        self.taking_over = False
        self.ending = ""

    @property
    def namespace(self) -> str:
        """The name of its namespace; "" where it has none."""
        found = self.server.homes.living(self.preview)
        return namespace_of(found) if found else self.ending

    @property
    def is_minded_elsewhere(self) -> bool:
        """Whether what is wanted of it is known to another daemon alone: that was asked last."""
        found = self.server.homes.living(self.preview)
        if found is None:
            return False
        return self.taking_over or annotation(found, names.HOLDER) not in {"", self.origin}

    @property
    def is_held(self) -> bool:
        """Whether there is something that its end would have to delete."""
        homes = self.server.homes.of(self.preview)
        return bool(self.ending) or any(map(is_ours_to_delete, homes))

    @property
    def expires(self) -> float | None:
        """When its time is over, in seconds since the epoch; None: nothing says so."""
        found = self.server.homes.living(self.preview)
        return (
            self.server.connection.clock.local(annotation(found, names.EXPIRES)) if found else None
        )

    def lives_until(self, lifetime: float) -> float:
        """The end of a time that begins now, in seconds; one that was given longer keeps that."""
        return max(self.expires or 0.0, time.time() + lifetime)

    def need(self) -> str:
        """Its namespace. DevenvError: nothing was prepared, or the cluster is away."""
        self.server.need()
        found = self.namespace
        if not found:
            raise DevenvError(f"{self.preview.name} has no namespace yet", "devenv preview up")
        return found

    def workloads(self, boot: float) -> Mapping[ReplicaId, tuple[Resource, Workload]]:
        """Its workloads that are not being deleted; one that is counts while it has pods."""
        namespace = self.namespace
        if not namespace:
            return {}
        cache, boot = self.server.cache, boot + self.server.connection.clock.ahead
        pods = tuple(cache.all(POD, namespace))
        found: dict[ReplicaId, tuple[Resource, Workload]] = {}
        for resource, made in cache.workloads(namespace):
            workload = Workload(made, (), boot)
            if workload.id.service and not is_leaving(made):
                own = Workload(made, matching(pods, workload.id), boot, cache.refusal(made))
                found[workload.id] = (resource, own)
        return found

    @property
    def generations(self) -> Mapping[str, int]:
        """How often a restart was asked for of each of its services, whichever daemon was asked."""
        there = self.workloads(boot=0.0).items()
        return {key.service: unit_of(workload).generation for key, (_, workload) in there}

    def pods(self, replica: ReplicaId) -> tuple[Object, ...]:
        namespace = self.namespace
        return matching(self.server.cache.all(POD, namespace), replica) if namespace else ()
