"""What every runtime is held to: a stage gives a runtime, and services that end when told to."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from devenv.api import frames
from devenv.model.environment import EnvironmentId, Replica, ReplicaId
from devenv.model.plan import Start, StopUnit
from devenv.model.preview import Preview
from devenv.model.service import Service
from devenv.model.unit import Unit
from devenv.runtimes.protocol import Client, Preparation, Runtime

HERE, ELSEWHERE = EnvironmentId(f"shop-{os.getpid()}"), EnvironmentId(f"blog-{os.getpid()}")
WITHIN = 45.0


LISTENS = 'while read word code; do [ "$word" = end ] && exit "$code"; echo "<$word>"; done'
"""What a listener does: it repeats each word, and ends with the code that it is given."""


class Far(Protocol):
    """A connection with what a unit runs."""

    async def read(self) -> tuple[int, bytes] | None: ...

    async def write(self, data: bytes) -> None: ...

    async def exit_code(self) -> int: ...

    async def aclose(self) -> None: ...


class Stage(Protocol):
    """One runtime under test. ``service`` makes one that runs until ``end`` is called for it.

    ``listener`` makes one that takes input, as LISTENS says; ``attach`` connects with it.
    """

    @property
    def runtime(self) -> Runtime: ...

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment of the client."""
        ...

    def service(self, name: str) -> Service: ...

    def listener(self, name: str) -> Service: ...

    async def attach(self, environment: EnvironmentId, unit: Unit) -> Far: ...

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
        return await self._start(Replica(self.stage.service(name), index, like, 1), attempt)

    async def listen(self) -> Unit:
        """Start a unit that takes input."""
        return await self._start(Replica(self.stage.listener("web"), 0, "print", 1), 0)

    async def _start(self, replica: Replica, attempt: int) -> Unit:
        step = Start(replica, self.runtime.name, "wanted", attempt, attempt)
        await self.runtime.start(self.environment, step, _report)
        unit = await self.unit(replica.id.service, replica.index)
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


class Framed:
    """A connection by a socket of frames, as a keeper passes it."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._splitter = frames.Splitter()
        self._come: list[tuple[int, bytes]] = []

    async def read(self) -> tuple[int, bytes] | None:
        loop = asyncio.get_running_loop()
        while not self._come:
            data = await loop.sock_recv(self._socket, 65536)
            self._come += self._splitter.feed(data)
        return None if self._come[0][0] == frames.END else self._come.pop(0)

    async def write(self, data: bytes) -> None:
        packed = frames.pack(frames.INPUT, data)
        await asyncio.get_running_loop().sock_sendall(self._socket, packed)

    async def exit_code(self) -> int:
        while await self.read() is not None:
            pass
        return int(self._come[0][1])

    async def aclose(self) -> None:
        self._socket.close()


def _report(line: str) -> None:
    """Take a line of progress."""
