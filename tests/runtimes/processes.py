"""A process runtime in folders of its own, and words for what its tests do again and again."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
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
WITHIN = 45.0


async def eventually(condition: Callable[[], object]) -> None:
    """Return once ``condition`` holds; fail after ``WITHIN`` seconds."""
    deadline = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.005)


def children() -> set[str]:
    """The pids of the processes that this one has started, and not seen end."""
    found: set[str] = set()
    for thread in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            found |= set((thread / "children").read_text().split())
    return found


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

    async def start(self, name: str, *command: str, like: Process | None = None) -> Unit:
        """Start a service; ``like`` has all of its process but the command."""
        words = tuple(word.replace("TOKEN", self.token) for word in command)
        made = replace(like or Process((), str(self.base)), command=words)
        replica = Replica(Service(name, Origin("x"), process=made), 0, "print", 1)
        await self.runtime.start(HERE, Start(replica, "process", "wanted"), report)
        return await self.unit(name)

    async def shell(self, name: str, script: str) -> Unit:
        return await self.start(name, "sh", "-c", script)

    async def stop(self, name: str, *, grace: float = 10.0, signal: str = "SIGTERM") -> None:
        unit = await self.unit(name)
        await self.runtime.stop(HERE, StopUnit(unit, signal, grace, "asked"), print)

    async def units(self) -> Mapping[ReplicaId, Unit]:
        return (await self.runtime.observe(HERE)).units

    async def unit(self, name: str) -> Unit:
        return (await self.units())[ReplicaId(name)]

    async def until(self, name: str, holds: Callable[[Unit], bool]) -> Unit:
        """Wait until something holds of a unit."""
        deadline = time.monotonic() + WITHIN
        while not holds(unit := await self.unit(name)):
            assert time.monotonic() < deadline, f"never true of {unit}"
            await asyncio.sleep(0.005)
        return unit

    async def ended(self, name: str) -> Unit:
        """Wait until nothing of a unit is alive."""
        return await self.until(name, lambda unit: unit.exit is not None and not unit.lingering)

    async def lost(self) -> str:
        """Wait until the runtime tells that everything has ended."""
        deadline = time.monotonic() + WITHIN
        while not (look := await self.runtime.observe(HERE)).lost:
            assert time.monotonic() < deadline, "nothing was lost"
            await asyncio.sleep(0.005)
        assert look.units == {}
        return look.lost

    def said(self, name: str) -> list[str]:
        return tail(str(self.base / "logs" / f"{name}.0"), 10_000)

    async def says(self, name: str, line: str) -> None:
        """Wait until a unit has said a line."""
        await eventually(lambda: line in self.said(name))

    def alive(self) -> list[int]:
        """Processes of the test, whoever their parent is."""
        return [p for p in tree.read_all() if self.token in command_line(p) and lives(p)]

    def sleepers(self) -> list[int]:
        """Those that have come to sleep; shells on the way there hold the token too."""
        return [p for p in self.alive() if command_line(p) == f"sleep\0{self.token}\0"]

    async def settled(self, count: int) -> None:
        """Wait until so many sleep, and no shell is on the way there any more."""
        await eventually(lambda: len(self.sleepers()) == len(self.alive()) == count)


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def runtime_in(base: Path) -> ProcessRuntime:
    return ProcessRuntime(
        runtime_folder=str(base),
        log_folder=lambda environment: str(base / "logs"),
    )


@asynccontextmanager
async def ground(base: Path) -> AsyncIterator[Ground]:
    """A runtime that is prepared; nothing of it is left afterwards."""
    made = Ground(base, runtime_in(base))
    await made.prepare()
    try:
        yield made
    finally:
        await made.runtime.discard(HERE, data=False)
        made.runtime.close()
        assert made.alive() == []


def on_ground(test: Callable[[Ground], Awaitable[None]]) -> Callable[[Path], None]:
    """Make a test of an async function that wants a runtime, prepared and empty."""

    def run(tmp_path: Path) -> None:
        async def inside() -> None:
            async with ground(tmp_path) as here:
                await test(here)

        asyncio.run(inside())

    return run
