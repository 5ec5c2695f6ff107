"""The one door through which a program of this machine is run: in time, and nothing is left."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress

from devenv.keeper.system import FILES_AT_START, limit_files
from devenv.runtimes.executing import MAX_OUTPUT
from devenv.runtimes.protocol import Outcome


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
    reading = [end[0] for end in ends]
    try:
        process = _start(command, directory, environment, [end[1] for end in ends])
        return await _outcome(process, reading, timeout)
    except OSError as error:
        said = f"{command[0]}: {error.strerror}"
        return Outcome(127, "", said) if whole else Outcome(127, said)
    finally:
        for descriptor in reading:
            os.close(descriptor)


def _file() -> tuple[int, int]:
    """A file in memory, which takes all (memfd_create(2)): where it is read, and written."""
    writing = os.memfd_create("output")
    return os.open(f"/proc/self/fd/{writing}", os.O_RDONLY | os.O_CLOEXEC), writing


def _start(
    command: Sequence[str], directory: str, environment: Mapping[str, str], writing: Sequence[int]
) -> subprocess.Popen[bytes]:
    try:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
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
    process: subprocess.Popen[bytes], reading: Sequence[int], timeout: float
) -> Outcome:
    try:
        async with asyncio.timeout(timeout):
            await _ended(process.pid)
    except TimeoutError:
        return Outcome(None, "")
    finally:
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
