"""Processes of one contender, told by a marker in their environment."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MARKER = "DEVENV_BENCH_MARK"


def marked(mark: str) -> list[int]:
    """Every living process that carries the marker, whoever its parent is."""
    wanted = f"{MARKER}={mark}".encode()
    pids = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
    found = (pid for pid in pids if wanted in _read(Path(f"/proc/{pid}/environ")).split(b"\0"))
    return sorted(pid for pid in found if is_alive(pid))


def is_alive(pid: int) -> bool:
    """Whether it is there, and no zombie."""
    state = _read(Path(f"/proc/{pid}/stat")).rpartition(b")")[2].split()
    return bool(state) and state[0] not in {b"Z", b"X"}


def command_name(pid: int) -> str:
    return _read(Path(f"/proc/{pid}/comm")).decode().strip()


def command_line(pid: int) -> str:
    return _read(Path(f"/proc/{pid}/cmdline")).replace(b"\0", b" ").decode("utf-8", "replace")


def kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Usage:
    """What processes have used: by pid, how often their threads were woken; and memory."""

    wakeups: Mapping[int, int]
    resident_bytes: int

    def wakeups_since(self, before: Usage) -> int:
        """Add up what those were woken that were there before."""
        common = self.wakeups.keys() & before.wakeups.keys()
        return sum(self.wakeups[pid] - before.wakeups[pid] for pid in common)


def usage(pids: list[int]) -> Usage:
    """Add up the voluntary context switches of all threads, and the resident sets."""
    wakeups: dict[int, int] = {}
    resident = 0
    for pid in pids:
        resident += 1024 * _field(Path(f"/proc/{pid}/status"), b"VmRSS:")
        with suppress(FileNotFoundError):  # it has just ended
            for thread in Path(f"/proc/{pid}/task").iterdir():
                count = _field(thread / "status", b"voluntary_ctxt_switches:")
                wakeups[pid] = wakeups.get(pid, 0) + count
    return Usage(wakeups, resident)


def _field(path: Path, name: bytes) -> int:
    for line in _read(path).splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
