"""The keepers of this user: new ones come from a warden, those of an earlier daemon are found."""

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
from devenv.keeper.system import FILES_AT_START, limit_files
from devenv.model.environment import EnvironmentId
from devenv.runtimes.process.link import Link

SUFFIX = ".keeper"
ANSWERS_WITHIN = 10.0
"""Seconds that a new keeper may take to start and to answer."""
GONE_WITHIN = 5.0
"""Seconds from the end of a keeper's connection to its own."""


class Keepers:
    """Has keepers forked by a warden of its own, and connects to those that are there already."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._warden: subprocess.Popen[bytes] | None = None
        self._door: socket.socket | None = None

    def warm(self) -> None:
        """Start the warden, so that the next environment need not wait for it."""
        if self._warden is None or self._warden.poll() is not None:
            self._start()

    async def assign(
        self, environment: EnvironmentId, quota: int, changed: Callable[[], None]
    ) -> Link:
        """Give the environment a keeper of its own. Raises DevenvError when none can be started."""
        link = Link(self._fork(), changed)
        path = str(self._path(environment))
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                await link.request("assign", environment=environment, socket=path, quota=quota)
                await link.greet()
        except (DevenvError, TimeoutError, asyncio.CancelledError):
            link.close()
            raise
        return link

    def find(self, environment: EnvironmentId, changed: Callable[[], None]) -> Link | None:
        """Connect to the keeper that an earlier daemon has started; None if it has ended."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(str(self._path(environment)))
        except OSError:
            sock.close()
            with suppress(OSError):
                self._path(environment).unlink()
            return None
        return Link(sock, changed)

    def known(self) -> list[EnvironmentId]:
        """List the environments that have, or had, a keeper."""
        paths = sorted(self._folder.glob(f"*{SUFFIX}"))
        return [EnvironmentId(path.name.removesuffix(SUFFIX)) for path in paths]

    def close(self, *, all_gone: bool) -> None:
        """Leave the warden; it ends with its last keeper. ``all_gone``: there is none any more."""
        if self._warden is None or self._door is None:
            return
        self._door.close()
        if all_gone:
            self._warden.wait()
        else:
            # It outlives us, as nobody's child.
            self._warden.returncode = 0
        self._warden = self._door = None

    def _fork(self) -> socket.socket:
        """Ask the warden for a keeper; the socket is our end of its first connection."""
        self.warm()
        assert self._door is not None
        ours, theirs = socket.socketpair()
        try:
            socket.send_fds(self._door, [b"k"], [theirs.fileno()])
        except OSError as error:
            ours.close()
            raise DevenvError(f"cannot start a keeper: {error.strerror}") from error
        finally:
            theirs.close()
        return ours

    def _start(self) -> None:
        if self._door is not None:
            self._door.close()
        self._door, theirs = socket.socketpair()
        entry = Path(devenv.keeper.__file__).with_name("main.py")
        try:
            self._warden = subprocess.Popen(
                [sys.executable, "-I", "-S", "-X", "utf8", str(entry)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
            limit_files(self._warden.pid, FILES_AT_START)
        except OSError as error:
            raise DevenvError(f"cannot start a keeper: {error.strerror}") from error
        finally:
            theirs.close()

    def _path(self, environment: EnvironmentId) -> Path:
        return self._folder / f"{environment}{SUFFIX}"


async def see_off(pid: int) -> None:
    """Wait until a keeper that has closed its connection is gone (pidfd_open(2))."""
    loop = asyncio.get_running_loop()
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        async with asyncio.timeout(GONE_WITHIN):
            await ended.wait()
    except TimeoutError:
        return
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
