"""A real pseudo terminal with a command in it: what it shows, what is typed, how it ends."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from types import TracebackType

from tests.cli.desk import Desk

_IN_A_TERMINAL = """
import fcntl, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from devenv.cli.main import main
main()
"""


class Terminal:
    """Runs one command line in a terminal of 100 columns; ``shown`` is all that it wrote."""

    def __init__(self, desk: Desk, *words: str, environ: Mapping[str, str] | None = None) -> None:
        self.master, self.slave = pty.openpty()
        self.resize(100, 30)
        self.before = termios.tcgetattr(self.slave)
        self.shown = b""
        self._process = subprocess.Popen(
            [sys.executable, "-c", _IN_A_TERMINAL, *words],
            cwd=desk.folder,
            env={**desk.environ, "TERM": "xterm-256color", **(environ or {})},
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            start_new_session=True,
        )

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self.master)
        os.close(self.slave)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, data: bytes) -> None:
        os.write(self.master, data)

    def wait_for(self, text: bytes, within: float = 20) -> None:
        """Read until it shows ``text``."""
        end = time.monotonic() + within
        while text not in self.shown:
            left = end - time.monotonic()
            assert left > 0, f"{text!r} is not in {self.shown!r}"
            if select.select([self.master], [], [], left)[0]:
                self.shown += os.read(self.master, 65536)

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def ended(self, within: float = 20) -> int:
        """The exit code; all that was written is read before."""
        end = time.monotonic() + within
        while self._process.poll() is None:
            assert time.monotonic() < end, f"still there, after {self.shown!r}"
            if select.select([self.master], [], [], 0.02)[0]:
                self.shown += os.read(self.master, 65536)
        while select.select([self.master], [], [], 0)[0]:
            self.shown += os.read(self.master, 65536)
        return self._process.returncode

    def is_as_before(self) -> bool:
        """Whether the terminal's settings are those it had at first."""
        return termios.tcgetattr(self.slave) == self.before
