"""Those who look at a unit's terminal: each a socket of frames, dropped if it cannot keep up."""

from __future__ import annotations

import socket

from devenv.keeper.loop import READ, WRITE, Loop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from devenv.keeper.held import Held

INPUT, OUTPUT, RESIZE, END = 0, 1, 3, 4
MOST_WAITING = 4 * 1024 * 1024
LARGEST_FRAME = 1024 * 1024


def frame(channel: int, data: bytes | bytearray | memoryview) -> bytes:
    """u32 length of what follows (big endian), u8 channel, data."""
    return (len(data) + 1).to_bytes(4, "big") + bytes((channel,)) + bytes(data)


class Audience:
    """All who are attached to something; ``on_frame`` takes what they type."""

    def __init__(self, loop: Loop, on_frame: Callable[[Held, int, bytes], None]) -> None:
        self._loop = loop
        self._on_frame = on_frame
        self._attached: dict[Held, list[Attached]] = {}

    def admit(self, held: Held) -> socket.socket:
        """Attach to ``held``; the socket is the other end."""
        ours, theirs = socket.socketpair()
        one = Attached(ours, self._loop, lambda channel, data: self._on_frame(held, channel, data))
        self._attached.setdefault(held, []).append(one)
        one.send(frame(OUTPUT, held.recent))
        return theirs

    def show(self, held: Held, data: memoryview) -> None:
        """Pass output on."""
        if held in self._attached:
            self._send(held, frame(OUTPUT, data))

    def end(self, held: Held, code: int) -> None:
        """``held`` has ended: tell it to all who look, and let them go."""
        if held in self._attached:
            self._send(held, frame(END, str(code).encode()))
            for one in self._attached.pop(held):
                one.close()

    def _send(self, held: Held, data: bytes) -> None:
        for one in self._attached[held]:
            one.send(data)
        self._attached[held] = [one for one in self._attached[held] if not one.closed]


class Attached:
    """One who is attached."""

    def __init__(
        self, sock: socket.socket, loop: Loop, on_frame: Callable[[int, bytes], None]
    ) -> None:
        self.closed = False
        self._socket = sock
        self._loop = loop
        self._on_frame = on_frame
        self._received = bytearray()
        self._waiting = bytearray()
        sock.setblocking(False)
        loop.watch(sock.fileno(), self._ready)

    def send(self, data: bytes) -> None:
        if self.closed:
            return
        self._waiting += data
        self._flush()
        if len(self._waiting) > MOST_WAITING:
            self.close()

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._loop.forget(self._socket.fileno())
            self._socket.close()

    def _flush(self) -> None:
        try:
            while self._waiting:
                del self._waiting[: self._socket.send(self._waiting)]
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        events = READ | (WRITE if self._waiting else 0)
        self._loop.watch(self._socket.fileno(), self._ready, events)

    def _ready(self, events: int) -> None:
        if events & WRITE:
            self._flush()
        if events & READ and not self.closed:
            self._receive()

    def _receive(self) -> None:
        try:
            data = self._socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        self._received += data
        while len(self._received) >= 5 and not self.closed:
            length = int.from_bytes(self._received[:4], "big")
            if not 1 <= length <= LARGEST_FRAME:
                self.close()
                return
            if len(self._received) < 4 + length:
                return
            channel, content = self._received[4], bytes(self._received[5 : 4 + length])
            del self._received[: 4 + length]
            self._on_frame(channel, content)
