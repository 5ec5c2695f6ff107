"""Those who look at a unit's terminal: each a socket of frames. Who cannot keep up misses some."""

from __future__ import annotations

import socket

from devenv.keeper.loop import READ, WRITE, Loop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from devenv.keeper.held import Held

INPUT, OUTPUT, RESIZE, END = 0, 1, 3, 4
MOST_WAITING = 1024 * 1024
"""Bytes that wait for one who reads too slowly."""
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
            framed = frame(OUTPUT, data)
            for one in self._attached[held]:
                one.send(framed)
            self._attached[held] = [one for one in self._attached[held] if not one.closed]

    def end(self, held: Held, code: int) -> None:
        """``held`` has ended: tell it to all who look, and let them go."""
        if held in self._attached:
            for one in self._attached.pop(held):
                one.send_last(frame(END, str(code).encode()))


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
        self._frames: list[bytes] = []
        self._waiting = 0
        self._ending = False
        sock.setblocking(False)
        loop.watch(sock.fileno(), self._ready)

    def send(self, framed: bytes) -> None:
        """Send a frame; if too much waits, the oldest that waits is left out."""
        if self.closed:
            return
        self._frames.append(framed)
        self._waiting += len(framed)
        while self._waiting > MOST_WAITING and len(self._frames) > 2:
            self._waiting -= len(self._frames.pop(1))
        self._flush()

    def send_last(self, framed: bytes) -> None:
        """Send a frame, and close once it is taken."""
        self._ending = True
        self.send(framed)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._loop.forget(self._socket.fileno())
            self._socket.close()

    def _flush(self) -> None:
        try:
            while self._frames:
                sent = self._socket.send(self._frames[0])
                self._waiting -= sent
                self._frames[0] = self._frames[0][sent:]
                if not self._frames[0]:
                    del self._frames[0]
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        if self._ending and not self._frames:
            self.close()
            return
        events = READ | (WRITE if self._frames else 0)
        self._loop.watch(self._socket.fileno(), self._ready, events)

    def _ready(self, events: int) -> None:
        if events & WRITE and not self.closed:
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
