"""The keepers of this user: a spare one that is warm, those of environments, those found again."""

from __future__ import annotations

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


class Keepers:
    """Starts keepers and connects to them."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._spare: tuple[subprocess.Popen[bytes], socket.socket] | None = None

    def warm(self) -> None:
        """Have a keeper ready, so that the next environment need not wait for one to start."""
        if self._spare is None:
            self._spare = _start()

    async def assign(
        self, environment: EnvironmentId, quota: int, changed: Callable[[], None]
    ) -> Link:
        """Give the environment a keeper of its own."""
        _, sock = self._spare or _start()
        self._spare = None
        link = Link(sock, changed)
        await link.greet()
        await link.request(
            "assign", environment=environment, socket=str(self._path(environment)), quota=quota
        )
        return link

    async def find(self, environment: EnvironmentId, changed: Callable[[], None]) -> Link | None:
        """Connect to the keeper that an earlier daemon has started; None if it has ended."""
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
            await link.greet()
        except DevenvError:
            link.close()
            return None
        return link

    def known(self) -> list[EnvironmentId]:
        """List the environments that have, or had, a keeper."""
        return [EnvironmentId(path.name.removesuffix(SUFFIX)) for path in self._sockets()]

    def close(self) -> None:
        """Let the spare one go; it ends by itself."""
        if self._spare is not None:
            self._spare[1].close()
            self._spare[0].wait()
            self._spare = None

    def _sockets(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{SUFFIX}"))

    def _path(self, environment: EnvironmentId) -> Path:
        return self._folder / f"{environment}{SUFFIX}"


def _start() -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair()
    entry = Path(devenv.keeper.__file__).with_name("main.py")
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(entry)],
        stdin=theirs.fileno(),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    theirs.close()
    return process, ours
