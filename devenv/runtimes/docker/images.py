"""Images: had before a container is made from them, each asked for once however many need it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId, Resources
from devenv.model.service import bases_of
from devenv.runtimes.docker import building, pulling
from devenv.runtimes.docker.connection import AwayError, Connection, RefusedError
from devenv.runtimes.docker.inputs import fingerprint
from devenv.runtimes.docker.names import INPUTS
from devenv.runtimes.docker.once import Once
from devenv.runtimes.docker.policies import policy_of
from devenv.runtimes.protocol import Client, Preparation, Report

Definition = Mapping[str, Any]
Program = tuple[list[str], list[str]]
REGISTRY_PATIENCE = 5.0
"""Seconds that a registry has for an answer, where a host process would do as well."""
SERVER_FAULT = 500
"""What an engine answers, or more, when it cannot reach a registry."""


def image_name(environment: EnvironmentId, service: str, definition: Definition) -> str:
    """The image that a service is made from; what is only built gets Compose's kind of name."""
    return str(definition.get("image") or f"{environment}-{service}")


@dataclass(frozen=True, slots=True)
class Order:
    """An image that a service needs, and what is at hand for making it.

    ``builds`` are the definitions of all services whose images are built.
    """

    environment: EnvironmentId
    service: str
    definition: Definition
    client: Client
    resources: Resources = field(default_factory=Resources)
    builds: Mapping[str, Definition] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return image_name(self.environment, self.service, self.definition)

    @property
    def bases(self) -> list[Order]:
        """The images that it is built on, of services that are built too."""
        return [self.of(one) for one in bases_of(self.definition["build"])]

    def job(self, inputs: str) -> building.Job:
        """What is to be built; ``inputs`` is the hash of all that goes into it."""
        written = self.definition.get("platform")
        # One platform, since an engine holds one image of each name.
        platforms = [str(written)] if written else []
        return building.Job(
            self.name,
            {**self.definition["build"], "platforms": platforms},
            self.client,
            inputs,
            {base.service: base.name for base in self.bases},
            self.resources.secrets,
            self.resources.values,
        )

    def of(self, service: str) -> Order:
        """The same for another service. Raises DevenvError where that builds none."""
        if service not in self.builds:
            raise DevenvError(f"{self.service} is built on {service}, which builds no image")
        return replace(self, service=service, definition=self.builds[service])


def order_of(environment: EnvironmentId, service: str, preparation: Preparation) -> Order:
    """The order for an image that is built."""
    builds = preparation.builds
    given = (preparation.client, preparation.resources, builds)
    return Order(environment, service, builds[service], *given)


class Images:
    """The images of one engine. Who asks for one that is on its way waits for that."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._coming: Once[None] = Once()

    async def need(self, order: Order, report: Report) -> None:
        """Have an image: found, pulled or built. Raises DevenvError with what the user can do."""
        await self._coming.do(order.name, lambda: self._have(order, report), _version(order))

    async def outlook(self, order: Order) -> str:
        """What ``need`` would do for an image now, in words; "" for nothing."""
        policy = policy_of(order.definition)
        there = await self._inspected(order.name)
        if there is not None and not policy.is_due(there, time.time()):
            return ""
        if policy.builds and order.definition.get("build"):
            return f"builds {order.name}, unless it is current" if there else f"builds {order.name}"
        if policy.pulls:
            return f"pulls {order.name}"
        return f"has no image {order.name}, and `pull_policy: {policy.written}` does not pull"

    async def build(self, order: Order, report: Report) -> None:
        """Build an image, unless there is one of the same inputs."""
        await self._coming.do(order.name, lambda: self._build(order, report), _version(order))

    async def id_of(self, name: str) -> str:
        """The engine's id of an image; "" if it has none of that name."""
        return str((await self._inspected(name) or {}).get("Id") or "")

    async def out_of_reach(self, name: str, client: Client) -> str:
        """Why an image is not here and its registry cannot be asked for it; "" if one of both can.

        A registry that answers no is one that can be asked.
        """
        try:
            if await self._inspected(name) is not None:
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

        from devenv.runtimes.docker.logins import credentials

        repository, _ = parse_repository_tag(name)

        def ask(engine: Any) -> Any:
            return engine.inspect_distribution(name, credentials(repository, client))

        found = await self._connection.ask_registry(ask)
        return str(found["Descriptor"]["digest"])

    async def is_public(self, name: str) -> bool:
        """Whether a registry gives an image to anybody who asks. Raises AwayError."""

        def ask(engine: Any) -> Any:
            return engine.inspect_distribution(name, {})

        try:
            await self._connection.ask_registry(ask)
        except RefusedError:
            return False
        return True

    async def program(self, name: str) -> Program | None:
        """What an image that is here runs: its entrypoint and its command."""
        found = await self._inspected(name)
        if found is None:
            return None
        config = found.get("Config") or {}
        return list(config.get("Entrypoint") or ()), list(config.get("Cmd") or ())

    async def _have(self, order: Order, report: Report) -> None:
        definition = order.definition
        policy = policy_of(definition)
        there = await self._inspected(order.name)
        if there is not None and not policy.is_due(there, time.time()):
            return
        if policy.builds and definition.get("build"):
            await self._build(order, report)
        elif not policy.pulls:
            raise DevenvError(
                f"there is no image {order.name}", f"`pull_policy: {policy.written}` does not pull"
            )
        else:
            await self._pull_or_build(order, report, there=there is not None)

    async def _pull_or_build(self, order: Order, report: Report, *, there: bool) -> None:
        """An image that is there and cannot be pulled anew will do, but for `always`."""
        definition = order.definition
        try:
            await pulling.pull(self._connection, order.name, definition, order.client, report)
        except DevenvError as error:
            if definition.get("build"):
                await self._build(order, report)
            elif there and policy_of(definition).age:
                report(f"{error.message}; goes on with the one that is there")
            else:
                raise

    async def _build(self, order: Order, report: Report) -> None:
        definition = order.definition["build"]
        for base in order.bases:
            await self.build(base, report)
        given = {base.service: await self.id_of(base.name) for base in order.bases}
        inputs = await asyncio.to_thread(fingerprint, definition, given)
        there = await self._inspected(order.name)
        anew = definition.get("no_cache") or definition.get("pull")
        if there is not None and inputs and not anew and _inputs_of(there) == inputs:
            report(f"{order.name} is current")
            return
        await building.build(order.job(inputs), report)

    async def _inspected(self, name: str) -> Mapping[str, Any] | None:
        def inspect(engine: Any) -> Mapping[str, Any]:
            found: Mapping[str, Any] = engine.inspect_image(name)
            return found

        try:
            return await self._connection.call(inspect)
        except RefusedError as error:
            if error.status == 404:
                return None
            raise


def _version(order: Order) -> str:
    """What is asked for under the same name may have been edited meanwhile."""
    return json.dumps(order.definition.get("build"), sort_keys=True, default=str)


def _inputs_of(inspected: Mapping[str, Any]) -> str:
    return str(((inspected.get("Config") or {}).get("Labels") or {}).get(INPUTS) or "")
