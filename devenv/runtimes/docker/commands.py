"""What runs beside a container's own process: commands in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId, ReplicaId
from devenv.model.service import Service
from devenv.runtimes.docker.place import Place
from devenv.runtimes.docker.places import Places
from devenv.runtimes.docker.rows import Row
from devenv.runtimes.protocol import Command, Outcome, Preparation, Report

if TYPE_CHECKING:  # loaded when the first engine is asked
    from devenv.runtimes.docker.duplex import Duplex


@dataclass(frozen=True, slots=True)
class Commands:
    """``open_exec`` gives a connection that its caller closes; see ``Duplex`` for its shape."""

    places: Places

    async def execute(
        self, environment: EnvironmentId, replica: ReplicaId, words: tuple[str, ...]
    ) -> Outcome:
        """Run a command in a container; its code, and the beginning of its output."""
        return await self.perform(environment, replica, Command(words))

    async def perform(
        self, environment: EnvironmentId, replica: ReplicaId, command: Command
    ) -> Outcome:
        """Do the same with a command that has options."""
        from devenv.runtimes.docker import executing

        place = self.places.need(environment)
        row = place.rows().get(replica)
        if row is None or not row.is_alive:
            return Outcome(None, "it does not run")
        return await executing.execute(place, row, command)

    async def open_exec(
        self, environment: EnvironmentId, replica: ReplicaId, command: Command
    ) -> Duplex:
        """Start a command in a container, and stay connected with it.

        Raises DevenvError: the container does not run, or the engine refuses.
        """
        from devenv.runtimes.docker import executing

        return await executing.open_exec(*self._running(environment, replica), command)

    async def run_once(
        self, environment: EnvironmentId, service: Service, command: Command, report: Report
    ) -> Duplex:
        """Run a command in a container of its own, made like a service's, and be connected."""
        from devenv.runtimes.docker import asides

        return await asides.run_once(self.places.need(environment), service, command, report)

    async def build(
        self,
        environment: EnvironmentId,
        names: Iterable[str],
        preparation: Preparation,
        report: Report,
    ) -> None:
        """Build the images of services where they are not current.

        Raises DevenvError for the first that fails; the others are built to their end.
        """
        from devenv.runtimes.docker.images import order_of

        images = self.places.need(environment).engine.images
        orders = [order_of(environment, name, preparation) for name in names]
        done = await asyncio.gather(
            *(images.build(order, report) for order in orders), return_exceptions=True
        )
        for error in filter(None, done):
            raise error

    async def outdated(self, environment: EnvironmentId, names: Iterable[str]) -> frozenset[str]:
        """Which services of ``names`` run from another image than has that name now."""
        place = self.places.need(environment)
        rows = [row for key, row in place.rows().items() if key.service in set(names)]
        now = await asyncio.gather(*(place.engine.images.id_of(row.image_name) for row in rows))
        pairs = zip(rows, now, strict=True)
        return frozenset(row.replica.service for row, image in pairs if image != row.image)

    async def attach(
        self, environment: EnvironmentId, replica: ReplicaId, size: tuple[int, int]
    ) -> Duplex:
        """Connect with a container's own terminal (of columns and rows), or input and output."""
        from devenv.runtimes.docker import attaching

        return await attaching.attach(*self._running(environment, replica), size)

    def container(self, environment: EnvironmentId, replica: ReplicaId) -> str:
        """The engine's id of a replica's container, if that runs; else ""."""
        place = self.places.get(environment)
        row = place.rows().get(replica) if place else None
        return row.container if row is not None and row.is_alive else ""

    def kept(self, environment: EnvironmentId, replica: ReplicaId) -> str:
        """The engine's id of a replica's container, whether that runs or not; else ""."""
        place = self.places.get(environment)
        row = place.rows().get(replica) if place else None
        return row.container if row is not None else ""

    async def put(self, environment: EnvironmentId, replica: ReplicaId, data: bytes) -> None:
        """Unpack an archive at "/" of a container that need not run.

        Never a compressed one: the engine would run the container's own programs to unpack it.
        """
        place = self.places.need(environment)
        container = self.kept(environment, replica)
        await place.engine.connection.call(lambda client: client.put_archive(container, "/", data))

    def running(self, environment: EnvironmentId, service: str) -> list[ReplicaId]:
        """The replicas of a service whose containers run."""
        place = self.places.get(environment)
        rows = place.rows() if place else {}
        return [key for key, row in rows.items() if key.service == service and row.is_alive]

    def _running(self, environment: EnvironmentId, replica: ReplicaId) -> tuple[Place, Row]:
        place, name = self.places.need(environment), replica.service
        row = place.rows().get(replica)
        if row is None or not row.is_alive:
            raise DevenvError(f"{name} does not run", f"bring it up first: devenv start {name}")
        if row.status == "paused":
            raise DevenvError(f"{name} is paused", f"let it go on first: devenv resume {name}")
        return place, row
