"""Named pipes between the workloads and the harness: marks come in, a gate lets them go on.

Both are held open for reading and writing: nobody waits for the other end, and nothing is polled.
"""

from __future__ import annotations

import os
import select
import time
from pathlib import Path

from tests.benchmarks.waiting import LateError


def _open(path: Path) -> int:
    os.mkfifo(path)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)


class Marks:
    """Each process of a workload writes one line into ``path`` when it has come to a point."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pipe = _open(path)
        self._rest = b""

    def take(self, count: int, *, within: float) -> list[str]:
        """Wait for so many lines; LateError after ``within`` seconds."""
        deadline = time.monotonic() + within
        while self._rest.count(b"\n") < count:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._pipe], [], [], left)[0]:
                seen = self._rest.count(b"\n")
                raise LateError(f"{seen} of {count} marks within {within:g} s")
            self._rest += os.read(self._pipe, 65536)
        *lines, self._rest = self._rest.split(b"\n", count)
        return [line.decode() for line in lines]

    def clear(self) -> None:
        """Forget what has come and was not taken."""
        self._rest = b""
        while select.select([self._pipe], [], [], 0)[0]:
            os.read(self._pipe, 65536)

    def close(self) -> None:
        os.close(self._pipe)
        self.path.unlink()


class Gate:
    """Processes of a workload read one byte from ``path`` to go on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pipe = _open(path)

    def open_for(self, count: int) -> None:
        os.write(self._pipe, b"." * count)

    def close(self) -> None:
        os.close(self._pipe)
        self.path.unlink()
