"""The one door through which a program of this machine is run: in time, and nothing is left."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from devenv.keeper.system import FILES_AT_START, limit_files
from devenv.runtimes.executing import MAX_OUTPUT
from devenv.runtimes.protocol import Outcome

NOT_FOUND = 127


@dataclass(frozen=True, slots=True)
class _Program:
    command: Sequence[str]
    directory: str
    environment: Mapping[str, str]


async def run(
    command: Sequence[str],
    *,
    directory: str,
    environment: Mapping[str, str],
    timeout: float,
    whole: bool = False,
) -> Outcome:
    """Run ``command`` in a session of its own and wait at most ``timeout`` seconds.

    Only the beginning of its output is kept, of both streams; where the ``whole`` is asked for,
    what it complains of comes apart. A program that is not there has the code 127, as in a shell.
    """
    ends = (_file(), _file()) if whole else (os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK),)
    return await _perform(_Program(command, directory, environment), ends, timeout)


async def answer(
    command: Sequence[str], *, environment: Mapping[str, str], timeout: float
) -> Outcome:
    """As ``run``, here and ``whole``, of what may have a person look at something.

    What it has begun, as a browser, goes on where it has ended by itself.
    """
    program = _Program(command, os.curdir, environment)
    return await _perform(program, (_file(), _file()), timeout, leaves=True)


async def _perform(
    program: _Program, ends: Sequence[tuple[int, int]], timeout: float, *, leaves: bool = False
) -> Outcome:
    reading = [end[0] for end in ends]
    try:
        process = _start(program, [end[1] for end in ends])
        return await _outcome(process, reading, timeout, leaves=leaves)
    except OSError as error:
        said = f"{program.command[0]}: {error.strerror}"
        return Outcome(NOT_FOUND, said) if len(ends) == 1 else Outcome(NOT_FOUND, "", said)
    finally:
        for descriptor in reading:
            os.close(descriptor)


def _file() -> tuple[int, int]:
    """A file in memory, which takes all (memfd_create(2)): where it is read, and written."""
    writing = os.memfd_create("output")
    return os.open(f"/proc/self/fd/{writing}", os.O_RDONLY | os.O_CLOEXEC), writing


def _start(program: _Program, writing: Sequence[int]) -> subprocess.Popen[bytes]:
    try:
        process = subprocess.Popen(
            program.command,
            cwd=program.directory,
            env=program.environment,
            stdin=subprocess.DEVNULL,
            stdout=writing[0],
            stderr=writing[-1],
            start_new_session=True,
        )
        with suppress(ProcessLookupError):  # it has ended already
            limit_files(process.pid, FILES_AT_START)
        return process
    finally:
        for descriptor in writing:
            os.close(descriptor)


async def _outcome(
    process: subprocess.Popen[bytes], reading: Sequence[int], timeout: float, *, leaves: bool
) -> Outcome:
    kills = True
    try:
        async with asyncio.timeout(timeout):
            await _ended(process.pid)
        kills = not leaves
    except TimeoutError:
        return Outcome(None, "")
    finally:
        if kills:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    code = process.returncode
    return Outcome(128 - code if code < 0 else code, *map(_read, reading))


async def _ended(pid: int) -> None:
    """Wait for a child's end; it stays to be reaped (pidfd_open(2))."""
    descriptor = os.pidfd_open(pid)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _read(descriptor: int) -> str:
    size = max(MAX_OUTPUT, os.fstat(descriptor).st_size)
    try:
        return os.read(descriptor, size).decode("utf-8", "replace").strip()
    except BlockingIOError:
        return ""
