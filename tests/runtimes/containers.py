"""A Docker runtime with containers of its own, on the lab's engine."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from devenv.model.environment import EnvironmentId, Replica, ReplicaId, Resources
from devenv.model.origin import Origin
from devenv.model.plan import Start, StopUnit
from devenv.model.service import Container, Service
from devenv.model.unit import Unit
from devenv.runtimes.docker.runtime import DockerRuntime
from devenv.runtimes.protocol import Client, Preparation

IMAGE = "lab/busybox:1"
SLEEPS = {"image": IMAGE, "command": ["sleep", "1000"]}
_numbers = count()


@dataclass
class Quay:
    """One environment of containers; ``said`` are the lines of progress."""

    runtime: DockerRuntime
    environment: EnvironmentId
    client: Client
    said: list[str]

    async def prepare(self, resources: Resources | None = None) -> None:
        wanted = Preparation("prepared", self.client, resources=resources or Resources())
        await self.runtime.prepare(self.environment, wanted, self.said.append)

    async def start(
        self,
        name: str,
        definition: Mapping[str, Any] = SLEEPS,
        *,
        like: str = "print",
        index: int = 0,
    ) -> Unit:
        service = Service(name, Origin("x"), container=Container(definition))
        step = Start(Replica(service, index, like, 1), self.runtime.name, "wanted")
        await self.runtime.start(self.environment, step, self.said.append)
        return await self.unit(name, index)

    async def stop(self, name: str, *hooks: Mapping[str, Any], grace: float = 5.0) -> Unit:
        unit = await self.unit(name)
        step = StopUnit(unit, "SIGTERM", grace, "asked", hooks)
        await self.runtime.stop(self.environment, step, self.said.append)
        return await self.unit(name)

    async def unit(self, name: str, index: int = 0) -> Unit:
        return (await self.runtime.observe(self.environment)).units[ReplicaId(name, index)]


@asynccontextmanager
async def quay(base: Path, **variables: str) -> AsyncIterator[Quay]:
    """Open a runtime in an environment that no other test has; nothing of it is left after."""
    environment = EnvironmentId(f"quay{next(_numbers)}-{os.getpid()}")
    runtime = DockerRuntime(records=lambda of: str(base / f"{of}.json"))
    client = Client(str(base), environment={**os.environ, **variables})
    opened = Quay(runtime, environment, client, [])
    try:
        await opened.prepare()
        yield opened
    finally:
        await runtime.discard(environment, data=True)
        runtime.close()
