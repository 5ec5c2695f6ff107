"""The keeper's side of its socket: one JSON object a line, answered out of order if need be."""

from __future__ import annotations

import json
import os
import socket
import struct

from devenv.keeper.loop import READ, WRITE, Loop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Message = dict[str, Any]

LONGEST_LINE = 64 * 1024 * 1024
MOST_WAITING = 64 * 1024 * 1024
"""Bytes for a daemon that does not read; more, and it is taken for dead."""
CHUNK = 256 * 1024


class Connection:
    """A daemon that is connected. Messages written in one round go out in one send."""

    def __init__(
        self,
        sock: socket.socket,
        loop: Loop,
        on_message: Callable[[Connection, Message], None],
        on_end: Callable[[Connection], None],
    ) -> None:
        self.watching = False
        """It wants to be told of every change."""
        self._socket = sock
        self._loop = loop
        self._on_message = on_message
        self._on_end = on_end
        self._received = bytearray()
        self._to_send = bytearray()
        sock.setblocking(False)
        loop.watch(sock.fileno(), self._ready)

    def send(self, message: Message) -> None:
        """Send a message, together with the others of this round."""
        self._to_send += json.dumps(message, separators=(",", ":")).encode() + b"\n"
        self._loop.soon(self._flush)

    def send_with_descriptor(self, message: Message, descriptor: int) -> None:
        """Send a message whose first byte carries a descriptor; what waits goes before it."""
        self._flush()
        if self._socket.fileno() < 0:
            return
        line = json.dumps(message).encode() + b"\n"
        try:
            sent = socket.send_fds(self._socket, [line], [descriptor])
        except OSError:
            self.close()
            return
        self._to_send += line[sent:]
        self._loop.soon(self._flush)

    def close(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.forget(self._socket.fileno())
            self._socket.close()
            self._on_end(self)

    def _ready(self, events: int) -> None:
        if events & WRITE:
            self._flush()
        if events & READ and self._socket.fileno() >= 0:
            self._receive()

    def _receive(self) -> None:
        try:
            data = self._socket.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data or len(self._received) > LONGEST_LINE:
            self.close()
            return
        self._received += data
        if b"\n" not in data:
            return
        *lines, self._received = self._received.split(b"\n")
        for line in lines:
            self._take(line)

    def _take(self, line: bytearray) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if isinstance(message, dict):
            self._on_message(self, message)
        else:
            self.close()

    def _flush(self) -> None:
        descriptor = self._socket.fileno()
        if descriptor < 0 or not self._to_send:
            return
        try:
            del self._to_send[: self._socket.send(self._to_send)]
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        if len(self._to_send) > MOST_WAITING:
            self.close()
            return
        self._loop.watch(descriptor, self._ready, READ | (WRITE if self._to_send else 0))


def peer_is_us(sock: socket.socket) -> bool:
    """Tell whether the other side is of our own user (unix(7), SO_PEERCRED)."""
    credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return bool(struct.unpack("3i", credentials)[1] == os.getuid())
