"""Images: had before a container is made from them, each asked for once however many need it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId
from devenv.runtimes.docker import building
from devenv.runtimes.docker.connection import AwayError, Connection, RefusedError
from devenv.runtimes.protocol import Client, Report

Definition = Mapping[str, Any]
REGISTRY_PATIENCE = 5.0
"""Seconds that a registry has for an answer, where a host process would do as well."""
SERVER_FAULT = 500
"""What an engine answers, or more, when it cannot reach a registry."""


def image_name(environment: EnvironmentId, service: str, definition: Definition) -> str:
    """The image that a service is made from; what is only built gets Compose's kind of name."""
    return str(definition.get("image") or f"{environment}-{service}")


class NotPulledError(DevenvError):
    """An image is not here, and its registry does not give it."""


class Images:
    """The images of one engine. Who asks for one that is on its way waits for that."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._coming: dict[str, asyncio.Task[None]] = {}

    async def need(self, name: str, definition: Definition, client: Client, report: Report) -> None:
        """Have an image: found, pulled or built. Raises DevenvError with what the user can do."""
        task = self._coming.get(name)
        if task is None:
            task = asyncio.create_task(self._have(name, definition, client, report))
            self._coming[name] = task
            task.add_done_callback(lambda _: self._coming.pop(name, None))
        await asyncio.shield(task)

    async def out_of_reach(self, name: str, client: Client) -> str:
        """Why an image is not here and its registry cannot be asked for it; "" if one of both can.

        A registry that answers no is one that can be asked.
        """
        try:
            if await self._is_there(name):
                return ""
            async with asyncio.timeout(REGISTRY_PATIENCE):
                await self.digest(name, client)
        except TimeoutError:
            return f"{name} is not here, and its registry does not answer"
        except RefusedError as error:
            if error.status >= SERVER_FAULT:
                return f"{name} is not here, and cannot be pulled: {error.message}"
        except AwayError as error:
            return error.message
        return ""

    async def digest(self, name: str, client: Client) -> str:
        """The digest that a registry has for an image now. Raises RefusedError, AwayError."""
        from docker.utils import parse_repository_tag

        repository, _ = parse_repository_tag(name)

        def ask(engine: Any) -> Any:
            return engine.inspect_distribution(name, _credentials(repository, client))

        found = await self._connection.call(ask)
        return str(found["Descriptor"]["digest"])

    async def _have(
        self, name: str, definition: Definition, client: Client, report: Report
    ) -> None:
        policy = str(definition.get("pull_policy") or "missing")
        build = definition.get("build")
        if policy != "always" and policy != "build" and await self._is_there(name):
            return
        if build:
            await building.build(self._connection.address, name, build, client, report)
        elif policy == "never":
            raise DevenvError(
                f"there is no image {name}", "`pull_policy: never` forbids to pull it"
            )
        else:
            await self._pull(name, str(definition.get("platform") or ""), client, report)

    async def _is_there(self, name: str) -> bool:
        def inspect(engine: Any) -> None:
            engine.inspect_image(name)

        try:
            await self._connection.call(inspect)
        except RefusedError as error:
            if error.status == 404:
                return False
            raise
        return True

    async def _pull(self, name: str, platform: str, client: Client, report: Report) -> None:
        from docker.utils import parse_repository_tag

        report(f"pulls {name}")
        loop = asyncio.get_running_loop()
        progress = PullProgress(name)

        def pull(engine: Any) -> None:
            repository, tag = parse_repository_tag(name)
            stream = engine.pull(
                repository,
                tag or "latest",
                stream=True,
                decode=True,
                platform=platform or None,
                auth_config=_credentials(repository, client),
            )
            for line in stream:
                if said := progress.take(line):
                    loop.call_soon_threadsafe(report, said)

        try:
            await self._connection.call(pull)
        except RefusedError as error:
            raise _not_pulled(name, error.message) from error
        if progress.error:
            raise _not_pulled(name, progress.error)
        report(f"pulled {name}")


class PullProgress:
    """The layers of a pull; says how far it is whenever one more is complete."""

    def __init__(self, name: str) -> None:
        self.error = ""
        self._name = name
        self._complete: dict[str, bool] = {}

    def take(self, line: Mapping[str, Any]) -> str:
        """Take one line of the engine's; return what is worth to be said, or ""."""
        self.error = self.error or str(line.get("error") or "")
        layer, status = str(line.get("id") or ""), str(line.get("status") or "")
        if not layer or status.startswith("Pulling from"):
            return ""
        done = status in {"Pull complete", "Already exists"}
        news = done and not self._complete.get(layer)
        self._complete[layer] = done or self._complete.get(layer, False)
        count = sum(self._complete.values())
        return f"pulls {self._name}: {count} of {len(self._complete)} layers" if news else ""


def _not_pulled(name: str, said: str) -> NotPulledError:
    return NotPulledError(f"cannot pull {name}: {said}", "check its name, and `docker login`")


def _credentials(repository: str, client: Client) -> dict[str, Any] | None:
    """Those of the user's own docker configuration, its credential helpers among them."""
    from docker.auth import load_config, resolve_repository_name

    folder = client.environment.get("DOCKER_CONFIG")
    home = client.environment.get("HOME")
    path = f"{folder}/config.json" if folder else f"{home}/.docker/config.json" if home else None
    registry, _ = resolve_repository_name(repository)
    found = load_config(path, credstore_env=dict(client.environment)).resolve_authconfig(registry)
    return dict(found) if found else None
