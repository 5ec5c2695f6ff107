"""Images for clusters: built once for each content, and pushed to a registry or loaded into nodes.

In a registry they are known by their digest.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from tempfile import TemporaryDirectory
from typing import Any

from devenv.errors import DevenvError
from devenv.failpoints import failpoint
from devenv.model.service import bases_of
from devenv.runtimes.docker import building, pulling
from devenv.runtimes.docker.connection import Connection, RefusedError
from devenv.runtimes.docker.images import SERVER_FAULT, Images, Order, Program
from devenv.runtimes.docker.inputs import fingerprint
from devenv.runtimes.docker.loading import node_of
from devenv.runtimes.docker.once import Once
from devenv.runtimes.docker.pulling import Progress
from devenv.runtimes.protocol import Client, Report

Definition = Mapping[str, Any]


def content(service: str, builds: Mapping[str, Definition]) -> str:
    """Hash what the image of a service is built from: the same on every machine.

    ``builds``: the definitions of all services whose images are built. "" where it cannot be known.
    """
    definition = builds[service]
    given = {one: content(one, builds) for one in bases_of(definition["build"])}
    if not all(given.values()):
        return ""
    return fingerprint({**definition["build"], "platform": definition.get("platform")}, given)


class Publisher:
    """Who asks for an image that is on its way waits for that."""

    def __init__(self, connection: Connection, images: Images) -> None:
        self._connection = connection
        self._images = images
        self._coming: Once[str] = Once()
        self._programs: dict[str, Program] = {}

    async def publish(self, order: Order, report: Report) -> str:
        """Have an image in the registry that its name says; its digest there.

        Its tag is the hash of its content. Raises DevenvError with what the user can do.
        """
        return await self._coming.do(order.name, lambda: self._had(order, report))

    async def load(self, order: Order, into: str, report: Report) -> str:
        """Have an image in the nodes that ``into`` names; return its name.

        The engine keeps it too, to say what it runs. Raises DevenvError with what the user can do.
        """
        key = f"{order.name} {into}"
        return await self._coming.do(key, lambda: self._loaded(order, into, report))

    async def program(self, image: str, client: Client, report: Report) -> Program:
        """What an image runs: its entrypoint and its command. It is pulled if need be.

        Raises DevenvError where the engine cannot have it.
        """
        digest = image.rpartition("@")[2]
        found = self._programs.get(digest) or await self._images.program(image)
        if found is None:
            await pulling.pull(self._connection, image, {}, client, report)
            found = await self._images.program(image)
            await self._untag(image)
        if found is None:
            raise DevenvError(f"the engine has no image {image}")
        self._programs[digest] = found
        return found

    async def _had(self, order: Order, report: Report) -> str:
        there = await self._digest(order)
        if there:
            report(f"{order.name} is in its registry")
            return there
        for base in order.bases:
            await self.publish(base, report)
        await self._build(order, report)
        try:
            program = await self._images.program(order.name)
            digest = await self._push(order, report)
            if program is not None:
                self._programs[digest] = program
            return digest
        finally:
            await self._untag(order.name)

    async def _loaded(self, order: Order, into: str, report: Report) -> str:
        node = node_of(into, order.client)
        if await node.has(order.name):
            report(f"{order.name} is loaded")
            return order.name
        await self._build_all(order, report)
        report(f"loads {order.name}")
        with TemporaryDirectory(prefix="devenv-") as folder:
            archive = os.path.join(folder, "image.tar")
            await self._save(order.name, archive)
            await node.take(archive)
        report(f"loaded {order.name}")
        return order.name

    async def _build_all(self, order: Order, report: Report) -> None:
        """Build an image after those that it is built on."""
        for base in order.bases:
            await self._build_all(base, report)
        await self._build(order, report)

    async def _build(self, order: Order, report: Report) -> None:
        """Build an image. DevenvError: it is not what its name says, and nothing is called so."""
        tag = order.name.rpartition(":")[2]
        await building.build(order.job(tag), report)
        failpoint("image.built")
        if await asyncio.to_thread(content, order.service, order.builds) != tag:
            await self._untag(order.name)
            raise DevenvError(
                f"the files of {order.service} changed while its image was built",
                "devenv preview up builds it from what is there now",
            )

    async def _save(self, name: str, path: str) -> None:
        def work(engine: Any) -> None:
            with open(path, "wb") as archive:
                for part in engine.get_image(name):
                    archive.write(part)

        await self._connection.call(work)

    async def _digest(self, order: Order) -> str:
        try:
            return await self._images.digest(order.name, order.client)
        except RefusedError as error:
            if error.status < SERVER_FAULT:  # some registries say "denied" of what they lack
                return ""
            registry = order.name.partition("/")[0]
            raise DevenvError(
                f"the registry {registry} cannot be asked: {error.message}"
            ) from error

    async def _push(self, order: Order, report: Report) -> str:
        from docker.utils import parse_repository_tag

        from devenv.runtimes.docker.logins import credentials

        repository, tag = parse_repository_tag(order.name)
        login = await asyncio.to_thread(credentials, repository, order.client)
        report(f"pushes {order.name}")
        loop = asyncio.get_running_loop()
        progress = Progress("pushes", order.name)
        digests = []

        def work(engine: Any) -> None:
            for line in engine.push(
                repository, tag, stream=True, decode=True, auth_config=login or {}
            ):
                digests.append((line.get("aux") or {}).get("Digest") or "")
                if said := progress.take(line):
                    loop.call_soon_threadsafe(report, said)

        try:
            await self._connection.call(work)
        except RefusedError as error:
            raise _not_pushed(order.name, error.message) from error
        digest = next(filter(None, digests), "")
        if progress.error or not digest:
            raise _not_pushed(order.name, progress.error or "the registry gives no digest")
        report(f"pushed {order.name}")
        return digest

    async def _untag(self, name: str) -> None:
        """It is in the registry now; what the next build can use stays in the engine's cache."""
        try:
            await self._connection.call(lambda engine: engine.remove_image(name))
        except RefusedError:
            return


def _not_pushed(name: str, said: str) -> DevenvError:
    return DevenvError(f"cannot push {name}: {said}", "`docker login` gives the right to")
