"""The keepers of this user: a spare one that is warm, those of environments, those found again."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import devenv.keeper
from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId
from devenv.runtimes.process.link import Link

SUFFIX = ".keeper"
ANSWERS_WITHIN = 10.0
"""Seconds that a keeper may take to start, or to answer the first request."""
GONE_WITHIN = 5.0
"""Seconds from the end of a keeper's connection to its own."""


class Keepers:
    """Starts keepers, connects to them, and reaps those that were started here."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._spare: tuple[int, socket.socket] | None = None
        self._started: dict[int, subprocess.Popen[bytes]] = {}

    def warm(self) -> None:
        """Have a keeper ready, so that the next environment need not wait for one to start."""
        if self._spare is None:
            self._spare = self._start()

    async def assign(
        self, environment: EnvironmentId, quota: int, changed: Callable[[], None]
    ) -> Link:
        """Give the environment a keeper of its own. Raises DevenvError when none can be started."""
        spare, self._spare = self._spare, None
        pid, sock = spare if spare and self._started[spare[0]].poll() is None else self._start()
        link = Link(sock, changed)
        link.pid = pid
        path = str(self._path(environment))
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                await link.request("assign", environment=environment, socket=path, quota=quota)
                await link.greet()
        except (DevenvError, TimeoutError, asyncio.CancelledError):
            link.close()
            raise
        return link

    async def find(self, environment: EnvironmentId, changed: Callable[[], None]) -> Link | None:
        """Connect to the keeper that an earlier daemon has started; None if it has ended.

        Raises TimeoutError when it lives and does not answer.
        """
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(str(self._path(environment)))
        except OSError:
            sock.close()
            with suppress(OSError):
                self._path(environment).unlink()
            return None
        link = Link(sock, changed)
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                await link.greet()
        except DevenvError:
            return None
        return link

    async def see_off(self, pid: int) -> None:
        """Wait until a keeper that has closed its connection is gone."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GONE_WITHIN):
                await _exit_of(pid)
        process = self._started.pop(pid, None)
        if process is not None:
            process.poll()

    def known(self) -> list[EnvironmentId]:
        """List the environments that have, or had, a keeper."""
        paths = sorted(self._folder.glob(f"*{SUFFIX}"))
        return [EnvironmentId(path.name.removesuffix(SUFFIX)) for path in paths]

    def close(self) -> None:
        """Let the spare one go; it ends by itself."""
        if self._spare is not None:
            pid, sock = self._spare
            self._spare = None
            sock.close()
            self._started.pop(pid).wait()
        for process in self._started.values():
            # Those that hold an environment live on, as nobody's children.
            process.returncode = 0
        self._started.clear()

    def _start(self) -> tuple[int, socket.socket]:
        ours, theirs = socket.socketpair()
        entry = Path(devenv.keeper.__file__).with_name("main.py")
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-X", "utf8", str(entry)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            raise DevenvError(f"cannot start a keeper: {error.strerror}") from error
        finally:
            theirs.close()
        self._started[process.pid] = process
        return process.pid, ours

    def _path(self, environment: EnvironmentId) -> Path:
        return self._folder / f"{environment}{SUFFIX}"


async def _exit_of(pid: int) -> None:
    """Wait for the end of any process (pidfd_open(2))."""
    loop = asyncio.get_running_loop()
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
