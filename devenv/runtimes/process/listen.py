"""Who listens on which TCP port of this machine (proc_pid_net(5))."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

_LISTEN = "0A"
_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")


def busy_ports(ports: Collection[int]) -> Mapping[int, str]:
    """Return those of ``ports`` on which somebody listens, with the holder in words."""
    inodes = {inode: port for inode, port in listening().items() if port in ports}
    if not inodes:
        return {}
    holders = _holders(inodes)
    return {port: holders.get(port, "another user's process") for port in inodes.values()}


def listening() -> Mapping[str, int]:
    """Map the inode of each listening TCP socket to its port."""
    lines = [line for table in _TABLES for line in _lines(table)]
    rows = [line.split(maxsplit=10) for line in lines if f" {_LISTEN} " in line]
    return {row[9]: int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == _LISTEN}


def _lines(table: str) -> list[str]:
    """Read a table, without its heading; one that is not there has no lines."""
    try:
        return Path(table).read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return []


def ports_of(pid: int, inodes: Mapping[str, int]) -> Iterable[int]:
    """List the ports on which a process listens."""
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        with suppress(OSError):
            target = os.readlink(f"{folder}/{name}")
            if target.startswith("socket:[") and target[8:-1] in inodes:
                yield inodes[target[8:-1]]


def _holders(inodes: Mapping[str, int]) -> Mapping[int, str]:
    found: dict[int, str] = {}
    for name in os.listdir("/proc"):
        if name.isdecimal() and len(found) < len(set(inodes.values())):
            for port in ports_of(int(name), inodes):
                found.setdefault(port, f"{_command(name)} (pid {name})")
    return found


def _command(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "a process"
