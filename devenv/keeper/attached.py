"""Those who look at a unit's terminal: each a socket of frames, dropped if it cannot keep up."""

import socket
from collections.abc import Callable

from devenv.keeper.held import Held
from devenv.keeper.loop import READ, WRITE, Loop

INPUT, OUTPUT, RESIZE, END = 0, 1, 3, 4
MAX_WAITING = 1024 * 1024
MAX_FRAME = 1024 * 1024


def frame(channel: int, data: bytes) -> bytes:
    """u32 length of what follows (big endian), u8 channel, data."""
    return (len(data) + 1).to_bytes(4, "big") + bytes((channel,)) + data


class Attached:
    """One who is attached to ``held``; ``close`` ends it."""

    def __init__(
        self,
        held: Held,
        loop: Loop,
        on_frame: Callable[[Held, int, bytes], None],
        on_end: Callable[["Attached"], None],
    ) -> None:
        self.held = held
        self._loop = loop
        self._on_frame = on_frame
        self._on_end = on_end
        self._ours, self.theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._received = bytearray()
        self._waiting = bytearray()
        loop.watch(self._ours.fileno(), self._ready)
        self.show(bytes(held.recent))

    def show(self, data: bytes | memoryview) -> None:
        """Pass output on."""
        if len(data):
            self._send(frame(OUTPUT, bytes(data)))

    def end(self, code: int) -> None:
        """The unit has ended."""
        self._send(frame(END, str(code).encode()))
        self.close()

    def close(self) -> None:
        if self._ours.fileno() >= 0:
            self._loop.forget(self._ours.fileno())
            self._ours.close()
            self._on_end(self)

    def _send(self, data: bytes) -> None:
        self._waiting += data
        if len(self._waiting) > MAX_WAITING:
            self.close()
        else:
            self._flush()

    def _flush(self) -> None:
        descriptor = self._ours.fileno()
        if descriptor < 0:
            return
        try:
            del self._waiting[: self._ours.send(self._waiting)]
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        self._loop.watch(descriptor, self._ready, READ | (WRITE if self._waiting else 0))

    def _ready(self, events: int) -> None:
        if events & WRITE:
            self._flush()
        if events & READ and self._ours.fileno() >= 0:
            self._receive()

    def _receive(self) -> None:
        try:
            data = self._ours.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        self._received += data
        while len(self._received) >= 5:
            length = int.from_bytes(self._received[:4], "big")
            if not 1 <= length <= MAX_FRAME:
                self.close()
                return
            if len(self._received) < 4 + length:
                return
            channel, content = self._received[4], bytes(self._received[5 : 4 + length])
            del self._received[: 4 + length]
            self._on_frame(self.held, channel, content)
