"""Who has which port of this machine."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from struct import Struct

_KINDS = {"tcp": (socket.IPPROTO_TCP, 10), "udp": (socket.IPPROTO_UDP, 7)}
"""By protocol: its number, and the state of a socket that has a port to itself: TCP_LISTEN, and
TCP_CLOSE for one without a peer (tcp_states.h)."""
_SOCK_DIAG = 4
_BY_FAMILY = 20
_DUMP = 0x301
_BUFFER = 64 * 1024
_HEADER = Struct("=IHHII")
"""Length, type, flags, sequence, port: nlmsghdr of netlink(7)."""
_REQUEST = Struct("=BBxxI48s")
"""Family, protocol, states, socket: inet_diag_req_v2 of sock_diag(7)."""
_ANSWER = Struct("!4xH2x16s28x16x4s")
"""Port, address and inode: of inet_diag_msg of sock_diag(7)."""


def busy_ports(ports: Collection[int], protocol: str = "tcp") -> Mapping[int, str]:
    """Return those of ``ports`` that somebody has at 127.0.0.1 or everywhere.

    The value is the holder in words: command and pid. Of a ``protocol`` other than tcp and udp
    nothing is known.
    """
    inodes = {
        inode: port
        for address, port, inode in _sockets(protocol)
        if port in ports and address in _OURS
    }
    if not inodes:
        return {}
    holders = _holders(inodes)
    return {port: holders.get(port, "another user's process") for port in inodes.values()}


def listening() -> Mapping[str, int]:
    """Map the inode of each listening TCP socket to its port."""
    return {inode: port for _, port, inode in _sockets("tcp")}


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


def _sockets(protocol: str) -> Iterator[tuple[bytes, int, str]]:
    """List the address (packed), port and inode of each socket that has a port (sock_diag(7)).

    /proc/net/tcp has them too, but to write that takes the kernel 10 ms. Where the socket may not
    be had, none is known.
    """
    with (
        suppress(OSError, KeyError),
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as netlink,
    ):
        for family in (socket.AF_INET, socket.AF_INET6):
            yield from _listed(netlink, family, *_KINDS[protocol])


def _listed(
    netlink: socket.socket, family: int, protocol: int, state: int
) -> Iterator[tuple[bytes, int, str]]:
    wanted = _REQUEST.pack(family, protocol, 1 << state, bytes(48))
    head = _HEADER.pack(_HEADER.size + len(wanted), _BY_FAMILY, _DUMP, 0, 0)
    length = 4 if family == socket.AF_INET else 16
    netlink.send(head + wanted)
    while True:
        answer = netlink.recv(_BUFFER)
        position = 0
        while position < len(answer):
            size, kind, *_ = _HEADER.unpack_from(answer, position)
            if kind != _BY_FAMILY:  # the end of the list, or an error
                return
            port, address, inode = _ANSWER.unpack_from(answer, position + _HEADER.size)
            yield address[:length], port, str(int.from_bytes(inode, sys.byteorder))
            position += size + 3 & ~3


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


_OURS = {
    *(socket.inet_pton(socket.AF_INET, one) for one in ("127.0.0.1", "0.0.0.0")),
    *(socket.inet_pton(socket.AF_INET6, one) for one in ("::", "::1", "::ffff:127.0.0.1")),
}
