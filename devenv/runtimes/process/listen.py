"""Who listens on which TCP port of this machine (proc_pid_net(5))."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

_LISTEN = "0A"
_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")


def busy_ports(ports: Collection[int]) -> Mapping[int, str]:
    """Return those of ``ports`` that somebody listens on at 127.0.0.1 or everywhere.

    The value is the holder in words: command and pid.
    """
    found = _sockets()
    inodes = {inode: port for address, port, inode in found if port in ports and address in _OURS}
    if not inodes:
        return {}
    holders = _holders(inodes)
    return {port: holders.get(port, "another user's process") for port in inodes.values()}


def listening() -> Mapping[str, int]:
    """Map the inode of each listening TCP socket to its port."""
    return {inode: port for _, port, inode in _sockets()}


def ports_of(pid: int, inodes: Mapping[str, int]) -> Iterator[int]:
    """List the ports on which a process listens, of those in ``inodes``."""
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        inode = _socket_behind(f"{folder}/{name}")
        if inode in inodes:
            yield inodes[inode]


def _sockets() -> Iterator[tuple[str, int, str]]:
    """List the address (as the kernel writes it), port and inode of each listening socket."""
    for line in [line for table in _TABLES for line in _lines(table)]:
        fields = line.split(maxsplit=10)
        if fields[3] == _LISTEN:
            address, port = fields[1].split(":")
            yield address, int(port, 16), fields[9]


def _lines(table: str) -> list[str]:
    """Read a table, without its heading; one that is not there has no lines."""
    try:
        return Path(table).read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return []


def _socket_behind(path: str) -> str:
    try:
        target = os.readlink(path)
    except OSError:
        return ""
    return target[8:-1] if target.startswith("socket:[") else ""


def _holders(inodes: Mapping[str, int]) -> Mapping[int, str]:
    found: dict[int, str] = {}
    wanted = set(inodes.values())
    for name in os.listdir("/proc"):
        if name.isdecimal() and found.keys() != wanted:
            for port in ports_of(int(name), inodes):
                found.setdefault(port, f"{_command(name)} (pid {name})")
    return found


def _command(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "a process"


def _as_written(family: socket.AddressFamily, address: str) -> str:
    """Write an address as the kernel does: words of four bytes, in the machine's order."""
    packed = socket.inet_pton(family, address)
    words = [packed[start : start + 4] for start in range(0, len(packed), 4)]
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)


_OURS = {
    *(_as_written(socket.AF_INET, one) for one in ("127.0.0.1", "0.0.0.0")),
    *(_as_written(socket.AF_INET6, one) for one in ("::", "::1", "::ffff:127.0.0.1")),
}
