"""Which environment is where: one server for each cluster, one place for each preview."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId
from devenv.model.preview import Cluster, Preview
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.pace import Pace

if TYPE_CHECKING:  # loaded when the first cluster is asked
    from devenv.runtimes.kubernetes.place import Place
    from devenv.runtimes.kubernetes.server import Server


class Servers:
    """Opened when they are first needed, shared by all previews of a cluster."""

    def __init__(self, origin: str, pace: Pace) -> None:
        """``origin``: what this daemon holds previews by."""
        self._origin = origin
        self._pace = pace
        self._servers: dict[tuple[Cluster, bool], Server] = {}
        self._places: dict[EnvironmentId, Place] = {}
        self._hints: asyncio.Queue[EnvironmentId] = asyncio.Queue()

    def of(self, cluster: Cluster) -> Server:
        """The server of a cluster, which may not be open yet."""
        from devenv.runtimes.kubernetes.server import Server

        key = cluster, bool(cluster.namespaces)
        if key not in self._servers:
            self._servers[key] = Server(cluster, self._hint, self._pace)
        found = self._servers[key]
        found.widen(cluster.namespaces)
        return found

    def known(self, cluster: Cluster) -> Server | None:
        """The same where it was opened already; None: nothing is known of it."""
        return self._servers.get((cluster, bool(cluster.namespaces)))

    def know(self, environment: EnvironmentId, preview: Preview) -> Place:
        """Take down where an environment is, and begin to look there."""
        from devenv.runtimes.kubernetes.place import Place

        place = self._places.get(environment)
        if place is None or place.server.connection.cluster != preview.cluster:
            self._places[environment] = place = Place(
                preview, self.of(preview.cluster), self._origin
            )
        place.preview = preview
        place.server.start()
        return place

    def get(self, environment: EnvironmentId) -> Place | None:
        return self._places.get(environment)

    def need(self, environment: EnvironmentId) -> Place:
        place = self._places.get(environment)
        if place is None:
            raise DevenvError(f"{environment} was not prepared")
        return place

    def forget(self, environment: EnvironmentId) -> None:
        """Nothing of it is left; where somebody asks for it again meanwhile, that is not lost."""
        place = self._places.pop(environment, None)
        if place is not None and place.asked:
            self.know(environment, place.preview).asked = True
        self.hint(environment)

    def hint(self, environment: EnvironmentId) -> None:
        self._hints.put_nowait(environment)

    async def changes(self) -> AsyncIterator[EnvironmentId]:
        while True:
            yield await self._hints.get()

    async def close(self) -> None:
        await asyncio.gather(*(server.close() for server in self._servers.values()))

    def _hint(self, namespace: str) -> None:
        for environment, place in self._places.items():
            near = names.generation_of(place.preview.name, namespace)
            if near or not namespace or namespace in place.preview.cluster.namespaces:
                self.hint(environment)
