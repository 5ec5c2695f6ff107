"""One try of each kind of check, against real sockets, commands and files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from devenv.daemon.checks import Place, Verdict, check
from devenv.model.service import (
    Check,
    ExecCheck,
    FileCheck,
    HttpCheck,
    LogCheck,
    Port,
    Probe,
    TcpCheck,
)

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[tuple[Port, ...]]:
    """Listen until the end, and until every connection was dealt with."""
    dealing: set[asyncio.Task[None] | None] = set()

    async def handled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dealing.add(asyncio.current_task())
        await handler(reader, writer)
        await writer.wait_closed()

    server = await asyncio.start_server(handled, "127.0.0.1", 0)
    async with server:
        yield (Port("http", server.sockets[0].getsockname()[1]),)
        await asyncio.gather(*filter(None, dealing))


def answering(text: str) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(text.encode())
        writer.close()

    return handler


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


def asked(what: Check, handler: Handler, *, timeout: float = 20.0) -> Verdict:
    async def scenario() -> Verdict:
        async with listening(handler) as ports:
            return await check(Probe(what, timeout=timeout), Place("/", {}, ports))

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("status", "statuses", "passed"),
    [
        (200, (), True),
        (301, (), True),
        (400, (), False),
        (503, (), False),
        (503, (503,), True),
        (200, (204,), False),
    ],
)
def test_http_judges_the_status(status: int, statuses: tuple[int, ...], *, passed: bool) -> None:
    found = asked(HttpCheck(statuses=statuses), answering(f"HTTP/1.1 {status} X\r\n\r\n"))
    assert found == (passed, f"status {status}")


@pytest.mark.parametrize("text", ["", "220 smtp ready\r\n", "HTTP/1.1\r\n", "HTTP/1.1 abc\r\n"])
def test_what_is_not_http_is_said(text: str) -> None:
    assert asked(HttpCheck(), answering(text)) == (False, "the answer is not HTTP")


def test_http_asks_for_the_path_with_its_host() -> None:
    heard: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    assert asked(HttpCheck("/health?full=1"), handler)[0]
    assert heard[0].startswith(b"GET /health?full=1 HTTP/1.1\r\nHost: 127.0.0.1:")


def test_an_answer_that_does_not_come_is_said() -> None:
    assert asked(HttpCheck(), silent, timeout=0.2) == (False, "no answer within 0.2 s")


def test_a_port_that_accepts_passes_tcp() -> None:
    assert asked(TcpCheck(), silent) == (True, "")


def test_nobody_listening_is_said(unused_port: int) -> None:
    place = Place("/", {}, (Port("http", unused_port),))
    assert asyncio.run(check(Probe(TcpCheck()), place)) == (False, "connection refused")


def test_a_port_is_found_by_name_or_number(unused_port: int) -> None:
    async def scenario() -> list[bool]:
        async with listening(silent) as (port,):
            ports = (Port("admin", unused_port), Port("web", port.wanted))
            checks = (TcpCheck("web"), TcpCheck(str(port.wanted)), TcpCheck(""))
            return [(await check(Probe(one), Place("/", {}, ports)))[0] for one in checks]

    assert asyncio.run(scenario()) == [True, True, False]


def test_a_port_that_the_service_has_not_is_said() -> None:
    found = asyncio.run(check(Probe(TcpCheck("grpc")), Place("/", {}, ())))
    assert found == (False, "there is no port grpc")


def test_a_command_passes_by_its_code_and_says_why_not(tmp_path: Path) -> None:
    def ran(script: str) -> Verdict:
        place = Place(str(tmp_path), {"WORD": "hello"}, ())
        return asyncio.run(check(Probe(ExecCheck(("/bin/sh", "-c", script))), place))

    assert ran("exit 0")[0]
    assert ran("exit 7") == (False, "exit code 7")
    assert ran("echo $WORD; pwd; exit 1") == (False, f"hello\n{tmp_path}")


def test_a_command_over_its_time_is_said() -> None:
    probe = Probe(ExecCheck(("/bin/sleep", "300")), timeout=0.2)
    passed, detail = asyncio.run(check(probe, Place("/", {}, ())))
    assert not passed
    assert "within 0.2 s" in detail


def test_a_file_passes_once_it_is_there(tmp_path: Path) -> None:
    probe, place = Probe(FileCheck("ready")), Place(str(tmp_path), {}, ())
    assert asyncio.run(check(probe, place)) == (False, "ready does not exist yet")
    (tmp_path / "ready").touch()
    assert asyncio.run(check(probe, place)) == (True, "")


def test_a_log_line_that_was_not_written_is_said() -> None:
    found = asyncio.run(check(Probe(LogCheck("started")), Place("/", {}, ())))
    assert found == (False, "no line matches 'started' yet")
