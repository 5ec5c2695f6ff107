"""A network between clients and a server, which falls silent or breaks when it is told to."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

PIECE = 16 * 1024
_RESETS = struct.pack("ii", 1, 0)


class Wire:
    """Carries connections from ``port`` on loopback to a server.

    What is held back meanwhile is delivered once that is mended, as TCP does it.
    """

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._there, self._back = threading.Event(), threading.Event()
        self._ends: set[socket.socket] = set()
        self._fault: Callable[[], None] | None = None
        self._left = 0
        self._listening: socket.socket | None = None
        self.port = 0
        self.mend()

    def silence(self) -> None:
        """Let nothing through."""
        self._there.clear()
        self._back.clear()

    def swallow(self) -> None:
        """Let through what clients say, and nothing that is said to them."""
        self._back.clear()

    def cut(self) -> None:
        """Break all connections, and refuse new ones."""
        ends, self._ends = self._ends, set()
        if self._listening is not None:
            ends.add(self._listening)
            self._listening = None
        for end in ends:
            _break(end)

    def mend(self) -> None:
        self._there.set()
        self._back.set()
        if self._listening is None:
            self._listening = socket.create_server(("127.0.0.1", self.port))
            self.port = self._listening.getsockname()[1]
            threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def spoil(self, how: Callable[[], None], after: int) -> threading.Event:
        """Have that happen within what clients say, after so many bytes; tells when it has."""
        happened = threading.Event()

        def fault() -> None:
            how()
            happened.set()

        self._left, self._fault = after, fault
        return happened

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError), listening:
            while True:
                client, _ = listening.accept()
                threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(self._server) as server:
            self._ends |= {client, server}
            back = threading.Thread(target=_pour, args=(server, client, self._back), daemon=True)
            back.start()
            _pour(client, server, self._there, self._count)
            back.join()
            self._ends -= {client, server}

    def _count(self, said: int) -> None:
        self._left -= said
        if self._fault is not None and self._left <= 0:
            fault, self._fault = self._fault, None
            fault()


@contextmanager
def wire(address: str) -> Iterator[Wire]:
    """A way to ``host:port``."""
    host, _, port = address.rpartition(":")
    made = Wire((host, int(port)))
    try:
        yield made
    finally:
        made.mend()
        made.cut()


def _pour(
    source: socket.socket,
    sink: socket.socket,
    gate: threading.Event,
    told: Callable[[int], None] = lambda _: None,
) -> None:
    """Pass on what comes, and its end, while the gate is open."""
    with suppress(OSError):
        while data := source.recv(PIECE):
            told(len(data))
            gate.wait()
            sink.sendall(data)
        gate.wait()
        sink.shutdown(socket.SHUT_WR)


def _break(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESETS)
        end.shutdown(socket.SHUT_RDWR)
