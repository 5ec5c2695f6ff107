"""What an engine of this machine does for clusters: images, what they run, log-ins to pull them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId
from devenv.runtimes.docker.places import Places
from devenv.runtimes.protocol import Client, Login, Preparation, Report, Sources


@dataclass(frozen=True, slots=True)
class Supply:
    """By the engine that the client means."""

    places: Places

    @property
    def sources(self) -> Sources:
        """How images are had for clusters."""
        return Sources(self.publish, self.program, self.access)

    async def publish(
        self, environment: EnvironmentId, service: str, preparation: Preparation, report: Report
    ) -> str:
        """Have a service's image where its cluster can have it, as ``preparation.images`` names it.

        It is built by the engine that the client means. Returns its name, with a digest where it is
        in a registry. Raises DevenvError.
        """
        from devenv.runtimes.docker.images import order_of

        builds = {
            name: {**preparation.builds[name], "image": image}
            for name, image in preparation.images.items()
        }
        engine = await self.places.engine(preparation.client)
        order = order_of(environment, service, replace(preparation, builds=builds))
        loads = preparation.preview.cluster.loads if preparation.preview else ""
        if loads:
            return await engine.publisher.load(order, loads, report)
        return f"{order.name}@{await engine.publisher.publish(order, report)}"

    async def program(
        self, image: str, preparation: Preparation, report: Report
    ) -> tuple[list[str], list[str]]:
        """What an image runs: its entrypoint and its command. Raises DevenvError."""
        engine = await self.places.engine(preparation.client)
        return await engine.publisher.program(image, preparation.client, report)

    async def load_fault(self, into: str, client: Client) -> DevenvError | None:
        """Why no image can be loaded into these nodes; None where one can."""
        from devenv.runtimes.docker.loading import node_of

        try:
            await node_of(into, client).has("none")
        except DevenvError as error:
            return error
        return None

    async def lost(self, images: Mapping[str, str], into: str, client: Client) -> frozenset[str]:
        """The services, of these by their images, whose image is not on all of these nodes.

        None where nodes cannot be asked: nothing is loaded into them either.
        """
        from devenv.runtimes.docker.loading import node_of

        node = node_of(into, client)
        try:
            there = await asyncio.gather(*(node.has(image) for image in images.values()))
        except DevenvError:
            return frozenset()
        return frozenset(name for name, has in zip(images, there, strict=True) if not has)

    async def digest(self, image: str, client: Client) -> str:
        """The digest that an image has in its registry now. Raises DevenvError."""
        engine = await self.places.engine(client)
        return await engine.images.digest(image, client)

    async def access(self, image: str, client: Client) -> Login | None:
        """The user's log-in to an image's registry, where that does not give it to anybody.

        Raises DevenvError where it cannot be had.
        """
        from devenv.runtimes.docker.logins import login

        found = await asyncio.to_thread(login, image, client)
        if found is None:
            return None
        try:
            engine = await self.places.engine(client)
            return None if await engine.images.is_public(image) else found
        except DevenvError:  # without an engine nobody says that it does not need it
            return found
