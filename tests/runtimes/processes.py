"""A process runtime in folders of its own, and words for what its tests do again and again."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from devenv.keeper import tree
from devenv.logs.watch import tail
from devenv.model.environment import EnvironmentId, Replica, ReplicaId
from devenv.model.origin import Origin
from devenv.model.plan import Start, StopUnit
from devenv.model.service import Process, Service
from devenv.model.unit import Unit
from devenv.runtimes.process.runtime import ProcessRuntime
from devenv.runtimes.protocol import Client, Preparation

HERE = EnvironmentId("shop-1234")
WITHIN = 20.0


async def eventually(condition: Callable[[], object]) -> None:
    """Return once ``condition`` holds; fail after ``WITHIN`` seconds."""
    deadline = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.005)


def lives(pid: int) -> bool:
    process = tree.read(pid)
    return process is not None and not process.zombie


def report(line: str) -> None:
    """Take a line of progress."""


@dataclass
class Ground:
    """``token`` is in the command lines of what a test starts, so that it can be counted."""

    base: Path
    runtime: ProcessRuntime
    token: str = field(default_factory=lambda: f"7{time.time_ns() % 10**12:012d}")

    async def prepare(self, **environment: str) -> None:
        given = {"PATH": os.environ["PATH"], **environment}
        client = Client(str(self.base), 0o027, given)
        await self.runtime.prepare(HERE, Preparation("prepared", client, b"\x00secret\xff"), report)

    async def start(self, name: str, *command: str, process: Process | None = None) -> Unit:
        words = tuple(word.replace("TOKEN", self.token) for word in command)
        made = process or Process(words, str(self.base), {})
        replica = Replica(Service(name, Origin("x"), process=made), 0, "print", 1)
        await self.runtime.start(HERE, Start(replica, "process", "wanted"), report)
        return await self.unit(name)

    async def shell(self, name: str, script: str) -> Unit:
        return await self.start(name, "sh", "-c", script)

    async def stop(self, name: str, *, grace: float = 10.0, signal: str = "SIGTERM") -> None:
        unit = await self.unit(name)
        await self.runtime.stop(HERE, StopUnit(unit, signal, grace, "asked"))

    async def units(self) -> Mapping[ReplicaId, Unit]:
        return (await self.runtime.observe(HERE)).units

    async def unit(self, name: str) -> Unit:
        return (await self.units())[ReplicaId(name)]

    async def ended(self, name: str) -> Unit:
        """Wait until nothing of a unit is alive."""
        deadline = time.monotonic() + WITHIN
        while (unit := await self.unit(name)).exit is None or unit.lingering:
            assert time.monotonic() < deadline, f"{name} never ended"
            await asyncio.sleep(0.005)
        return unit

    def said(self, name: str) -> list[str]:
        return tail(str(self.base / "logs" / f"{name}.0"), 10_000)

    async def says(self, name: str, line: str) -> None:
        await eventually(lambda: line in self.said(name))

    def alive(self) -> list[int]:
        """Processes of the test, whoever their parent is."""
        return [p for p in tree.read_all() if self.token in command_line(p) and lives(p)]


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def runtime_in(base: Path) -> ProcessRuntime:
    return ProcessRuntime(
        runtime_folder=str(base),
        log_folder=lambda environment: str(base / "logs"),
        log_quota=lambda environment: 2 * 1024**3,
    )


@asynccontextmanager
async def ground(base: Path) -> AsyncIterator[Ground]:
    """A runtime that is prepared; nothing of it is left afterwards."""
    made = Ground(base, runtime_in(base))
    await made.prepare()
    try:
        yield made
    finally:
        await made.runtime.discard(HERE)
        made.runtime.close()
        assert made.alive() == []
