"""One try of a readiness check: does it pass now, and what did it say."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from devenv.logs.watch import LogWatch
from devenv.model.service import (
    ExecCheck,
    FileCheck,
    HttpCheck,
    LogCheck,
    Port,
    Probe,
    TcpCheck,
)
from devenv.runtimes.programs import run
from devenv.runtimes.protocol import Outcome

Verdict = tuple[bool, str]
"""Whether it passed, and what it said."""


Execute = Callable[[tuple[str, ...]], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a check is made: the folder, variables and ports of its replica, and its log.

    ``execute`` runs commands within it; None: they run on this machine.
    """

    directory: str
    environment: Mapping[str, str]
    ports: tuple[Port, ...]
    log: LogWatch | None = None
    execute: Execute | None = None


async def check(probe: Probe, place: Place) -> Verdict:
    """Try once, for at most the probe's timeout."""
    try:
        async with asyncio.timeout(probe.timeout):
            return await _check(probe, place)
    except TimeoutError:
        return False, f"no answer within {probe.timeout:g} s"
    except OSError as error:
        return False, os.strerror(error.errno).lower() if error.errno else str(error)


async def _check(probe: Probe, place: Place) -> Verdict:
    match probe.check:
        case HttpCheck():
            return await _http(probe.check, place)
        case TcpCheck(port, host):
            _, writer = await asyncio.open_connection(host, _number(port, place))
            writer.close()
            return True, ""
        case LogCheck(pattern):
            found = place.log is not None and place.log.matched()
            return found, "" if found else f"no line matches {pattern!r} yet"
        case ExecCheck(command):
            return await _command(command, place, probe.timeout)
        case FileCheck(path):
            there = _exists(os.path.join(place.directory, path))
            return there, "" if there else f"{path} does not exist yet"


def _exists(path: str) -> bool:
    return os.path.exists(path)


async def _http(check: HttpCheck, place: Place) -> Verdict:
    port = _number(check.port, place)
    reader, writer = await asyncio.open_connection(check.host, port)
    try:
        request = f"GET {check.path} HTTP/1.1\r\nHost: {check.host}:{port}\r\nConnection: close\r\n"
        writer.write(f"{request}User-Agent: devenv\r\nAccept: */*\r\n\r\n".encode())
        line = await reader.readline()
    finally:
        writer.close()
    words = line.split(maxsplit=2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        return False, "the answer is not HTTP"
    status = int(words[1])
    passed = status in check.statuses if check.statuses else 200 <= status < 400
    return passed, f"status {status}"


async def _command(command: tuple[str, ...], place: Place, timeout: float) -> Verdict:
    if place.execute is not None:
        outcome = await place.execute(command)
    else:
        outcome = await run(
            command, directory=place.directory, environment=place.environment, timeout=timeout
        )
    if outcome.code is None:
        return False, f"no end within {timeout:g} s"
    return outcome.code == 0, outcome.output or f"exit code {outcome.code}"


def _number(name: str, place: Place) -> int:
    """The port of that name, or number; the first one where none is named."""
    if name.isdigit():
        return int(name)
    for port in place.ports:
        if isinstance(port.wanted, int) and name in ("", port.name):
            return port.wanted
    raise OSError(f"there is no port {name}")
