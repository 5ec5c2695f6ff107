"""Engines that nobody can connect to, and one whose registries are silent."""

from __future__ import annotations

import asyncio
import gc
import socket
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from devenv.runtimes.docker.address import Address
from devenv.runtimes.docker.connection import THREADS, AwayError, Connection, RefusedError
from devenv.runtimes.docker.images import Images
from devenv.runtimes.protocol import Client


@pytest.mark.parametrize(
    ("there", "said"), [(False, "no engine listens"), (True, "refuses connections")]
)
def test_a_socket_that_leads_nowhere_is_told_and_leaves_none_open(
    tmp_path: Path, there: bool, said: str
) -> None:
    path = tmp_path / "docker.sock"
    if there:  # a file that nobody listens at any more
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(path))

    async def inside() -> None:
        connection = Connection(Address(f"unix://{path}"))
        try:
            with pytest.raises(AwayError, match=said):
                await connection.call(lambda engine: engine.version())
        finally:
            connection.close()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(inside())
        gc.collect()
    assert [str(one.message) for one in caught if one.category is ResourceWarning] == []


@dataclass
class Silent:
    """An engine that waits for its registries: how many questions wait, and the way to it."""

    connection: Connection
    waiting: asyncio.Semaphore

    async def digest(self, image: str) -> str:
        return await Images(self.connection).digest(image, Client("/"))


@asynccontextmanager
async def silent(folder: Path) -> AsyncIterator[Silent]:
    waiting, over = asyncio.Semaphore(0), asyncio.Event()
    answering = set[asyncio.Task[object] | None]()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answering.add(asyncio.current_task())
        while line := await reader.readline():
            if b"/distribution/" in line:
                waiting.release()
                await over.wait()
                break
            if line.strip():
                continue
            body = b'{"ApiVersion": "1.43"}'
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        writer.close()
        await writer.wait_closed()

    path = str(folder / "docker.sock")
    async with await asyncio.start_unix_server(answer, path):
        connection = Connection(Address(f"unix://{path}"))
        await connection.call(lambda one: one.version())
        try:
            yield Silent(connection, waiting)
        finally:
            over.set()
            connection.close()
            await asyncio.gather(*filter(None, answering))


def test_silent_registries_keep_no_other_call_of_an_engine_waiting(tmp_path: Path) -> None:
    async def inside() -> None:
        async with silent(tmp_path) as engine:
            asked = [asyncio.ensure_future(engine.digest(f"web:{n}")) for n in range(2 * THREADS)]
            for _ in range(THREADS):
                await engine.waiting.acquire()
            said = await engine.connection.call(lambda one: one.version())
            assert said == {"ApiVersion": "1.43"}
            for one in asked:
                one.cancel()
            await asyncio.wait(asked)

    asyncio.run(inside())


def test_a_registry_that_is_silent_is_not_waited_for_as_long_as_an_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def inside() -> None:
        async with silent(tmp_path) as engine:
            monkeypatch.setattr("devenv.runtimes.docker.client.REGISTRY_PATIENCE", 0.01)
            with pytest.raises(RefusedError, match="its registry does not answer"):
                await engine.digest("web:1")

    asyncio.run(inside())
