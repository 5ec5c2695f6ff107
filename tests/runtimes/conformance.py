"""What every runtime is held to: a stage gives a runtime, and services that end when told to."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from devenv.model.environment import EnvironmentId, Replica, ReplicaId
from devenv.model.plan import Start, StopUnit
from devenv.model.preview import Preview
from devenv.model.service import Service
from devenv.model.unit import Unit
from devenv.runtimes.protocol import Client, Preparation, Runtime

HERE, ELSEWHERE = EnvironmentId(f"shop-{os.getpid()}"), EnvironmentId(f"blog-{os.getpid()}")
WITHIN = 45.0


class Stage(Protocol):
    """One runtime under test. ``service`` makes one that runs until ``end`` is called for it."""

    @property
    def runtime(self) -> Runtime: ...

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment of the client."""
        ...

    def service(self, name: str) -> Service: ...

    def end(self, environment: EnvironmentId, unit: Unit, code: int) -> None: ...

    def preview(self, environment: EnvironmentId) -> Preview | None:
        """Where an environment is, if it is in a cluster."""
        ...


OpenStage = Callable[[Path], AbstractAsyncContextManager[Stage]]


@dataclass(frozen=True)
class Play:
    """The contract's calls in a test's words."""

    stage: Stage
    environment: EnvironmentId = HERE

    @property
    def runtime(self) -> Runtime:
        return self.stage.runtime

    async def prepare(self, fingerprint: str = "prepared") -> None:
        client = Client("/", environment=self.stage.variables)
        preview = self.stage.preview(self.environment)
        wanted = Preparation(fingerprint, client, preview=preview)
        await self.runtime.prepare(self.environment, wanted, _report)

    async def start(
        self, name: str = "web", index: int = 0, *, like: str = "print", attempt: int = 0
    ) -> Unit:
        replica = Replica(self.stage.service(name), index, like, 1)
        step = Start(replica, self.runtime.name, "wanted", attempt, attempt)
        await self.runtime.start(self.environment, step, _report)
        unit = await self.unit(name, index)
        assert unit is not None
        return unit

    async def stop(self, unit: Unit) -> Unit | None:
        await self.runtime.stop(self.environment, StopUnit(unit, "SIGTERM", 5.0, "asked"), print)
        return await self.unit(unit.id.service, unit.id.index)

    async def end(self, unit: Unit, code: int = 0) -> Unit:
        """Let a unit end by itself, and wait until the runtime sees it."""
        self.stage.end(self.environment, unit, code)
        deadline = time.monotonic() + WITHIN
        while (now := await self.unit(unit.id.service, unit.id.index)) is None or now.exit is None:
            assert time.monotonic() < deadline, f"{unit} never ended"
            await asyncio.sleep(0.005)
        return now

    async def unit(self, name: str = "web", index: int = 0) -> Unit | None:
        return (await self.runtime.observe(self.environment)).units.get(ReplicaId(name, index))

    async def names(self) -> list[str]:
        return sorted(str(key) for key in (await self.runtime.observe(self.environment)).units)


def _report(line: str) -> None:
    """Take a line of progress."""
