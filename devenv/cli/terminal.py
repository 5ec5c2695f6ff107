"""This terminal, or pipe, joined to something that runs elsewhere, until it ends or we leave."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import termios
import tty

from devenv.api import frames
from devenv.errors import DevenvError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn

_CHUNK = 64 * 1024

# What a program may have left switched on: colours, a hidden cursor, mouse and paste reports.
_CALM = b"\x1b[0m\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l"


def is_one() -> bool:
    """Whether a person sits before us, and sees what is written."""
    return os.isatty(sys.stdin.fileno()) and os.isatty(sys.stdout.fileno())


def size() -> tuple[int, int]:
    try:
        found = os.get_terminal_size(sys.stdout.fileno())
    except OSError:
        return 80, 24
    return found.columns or 80, found.lines or 24


class Terminal:
    """Carries bytes between this terminal and the other end of a socket of frames.

    ``keys`` leave what runs as it is; none: only its end ends us. ``raw``: the other side has a
    terminal, so ours passes every key on.
    """

    def __init__(self, sock: socket.socket, keys: bytes = b"", *, raw: bool = True) -> None:
        self._socket = sock
        self._keys = keys
        self._raw = raw
        self._matched = 0
        """How many of the detach keys have been typed in a row."""
        self._waiting = b""
        """What the other side has not taken yet; no more is read meanwhile."""
        self._splitter = frames.Splitter()
        self._in = sys.stdin.fileno()
        self._out = sys.stdout.fileno()
        self._wake, self._woken = os.pipe()
        self._poll = select.poll()
        sock.setblocking(False)
        for descriptor in (self._in, sock.fileno(), self._wake):
            self._poll.register(descriptor, select.POLLIN)
        self._listens, self._input_ended = True, False
        self._over = False
        self._last = b""
        """The last byte that was shown."""
        self._status: int | None = None

    def pump(self) -> int | None:
        """The exit status of what ran; None when the user left it running."""
        saved = termios.tcgetattr(self._in) if self._raw and os.isatty(self._in) else None
        before = {
            number: signal.signal(number, handler)
            for number, handler in (
                (signal.SIGWINCH, self._resized),
                (signal.SIGTERM, _end),
                (signal.SIGHUP, _end),
            )
        }
        try:
            if saved is not None:
                tty.setraw(self._in)
            while not self._over:
                for descriptor, events in self._poll.poll():
                    self._carry(descriptor, events)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            if saved is not None:
                termios.tcsetattr(self._in, termios.TCSADRAIN, saved)
                if os.isatty(self._out):
                    end = b"" if self._last in {b"", b"\n"} else b"\r\n"
                    self._write(self._out, _CALM + end)
            os.close(self._wake)
            os.close(self._woken)
        return self._status

    def _carry(self, descriptor: int, events: int) -> None:
        if descriptor == self._wake:
            os.read(self._wake, _CHUNK)
            self._send(frames.pack_resize(*size()))
        elif descriptor == self._in:
            self._read()
        elif events & select.POLLOUT:
            self._send(b"")
        else:
            self._show()

    def _read(self) -> None:
        data = os.read(self._in, _CHUNK)
        if data:
            self._type(data)
        else:
            self._input_ended = True
            self._send(frames.pack(frames.INPUT_END, b""))

    def _type(self, data: bytes) -> None:
        ready = self._without_keys(data) if self._keys else data
        if ready:
            self._send(frames.pack(frames.INPUT, ready))

    def _without_keys(self, data: bytes) -> bytes:
        """Leave out the keys to leave, and see whether they are complete."""
        ready = b""
        for number in data:
            if number == self._keys[self._matched]:
                self._matched += 1
                if self._matched == len(self._keys):
                    self._over = True
                    break
                continue
            # What looked like the beginning of the keys was meant for the program.
            ready += self._keys[: self._matched]
            self._matched = 1 if number == self._keys[0] else 0
            ready += b"" if self._matched else bytes((number,))
        return ready

    def _send(self, data: bytes) -> None:
        """Send what can be sent now: who waits for the other side to read must go on reading."""
        self._waiting += data
        try:
            while self._waiting:
                self._waiting = self._waiting[self._socket.send(self._waiting) :]
        except BlockingIOError:
            pass
        except OSError:
            self._waiting = b""  # it has gone: what it said last is still to be read
        out = select.POLLOUT if self._waiting else 0
        self._poll.register(self._socket, select.POLLIN | out)
        if not (self._waiting or self._input_ended):
            self._poll.register(self._in, select.POLLIN)
        elif self._listens:
            self._poll.unregister(self._in)
        self._listens = not (self._waiting or self._input_ended)

    def _show(self) -> None:
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            raise DevenvError("the connection to the service was lost", "Try again.")
        for channel, content in self._splitter.feed(data):
            if channel == frames.OUTPUT:
                self._write(self._out, content)
                self._last = content[-1:] or self._last
            elif channel == frames.ERRORS:
                self._write(sys.stderr.fileno(), content)
            elif channel == frames.END:
                self._over = True
                self._status = int(content or b"0")

    def _write(self, descriptor: int, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    def _resized(self, number: int, frame: FrameType | None) -> None:
        os.write(self._woken, b"1")


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
