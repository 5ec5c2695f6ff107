"""What runs beside a service's own process: commands in its pods, connections to its ports."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId, ReplicaId
from devenv.runtimes.kubernetes.servers import Servers
from devenv.runtimes.kubernetes.uses import Uses
from devenv.runtimes.protocol import Command, Outcome

if TYPE_CHECKING:  # loaded when the first cluster is asked
    from devenv.runtimes.kubernetes.executing import Shell
    from devenv.runtimes.kubernetes.rows import Running

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Commands:
    """``open_exec`` gives a connection that its caller closes; see ``Shell`` for its shape."""

    servers: Servers
    uses: Uses = field(default_factory=Uses)

    def used(self, environment: EnvironmentId) -> None:
        """Somebody works with it."""
        place = self.servers.get(environment)
        if place is not None:
            self.uses.note(place)

    async def execute(
        self, environment: EnvironmentId, replica: ReplicaId, words: tuple[str, ...]
    ) -> Outcome:
        """Run a command in a pod; its code, and the beginning of its output."""
        from devenv.runtimes.kubernetes import executing

        return await executing.execute(self.servers.need(environment), replica, Command(words))

    async def open_exec(
        self, environment: EnvironmentId, replica: ReplicaId, command: Command, pod: str = ""
    ) -> Shell:
        """Start a command in a pod of a service, this one or any; stay connected with it."""
        from devenv.runtimes.kubernetes import executing

        if not pod:  # what a session keeps open is no use of it
            self.used(environment)
        return await executing.open_exec(self.servers.need(environment), replica, command, pod)

    async def attach(
        self, environment: EnvironmentId, replica: ReplicaId, size: tuple[int, int]
    ) -> Shell:
        """Connect with a service's own terminal (of columns and rows), or input and output."""
        from devenv.runtimes.kubernetes import attaching

        self.used(environment)
        return await attaching.attach(self.servers.need(environment), replica, size)

    def running(self, environment: EnvironmentId, service: str) -> list[Running]:
        """The pods of a service whose container runs, the oldest first."""
        from devenv.runtimes.kubernetes.rows import running

        place = self.servers.get(environment)
        return running(place.pods(ReplicaId(service))) if place else []

    async def forward(
        self, environment: EnvironmentId, replica: ReplicaId, port: int, streams: Streams
    ) -> None:
        """Join a connection of this machine with a port of a service's pod, until one ends."""
        from devenv.runtimes.kubernetes import forwarding

        self.used(environment)
        await forwarding.forward(self.servers.need(environment), replica, port, streams)

    def container(self, environment: EnvironmentId, replica: ReplicaId) -> str:
        """The pod that commands run in; "" where there is none now."""
        from devenv.runtimes.kubernetes.executing import pod_of
        from devenv.runtimes.kubernetes.resources import name_of

        place = self.servers.get(environment)
        try:
            return name_of(pod_of(place, replica)) if place else ""
        except DevenvError:
            return ""
