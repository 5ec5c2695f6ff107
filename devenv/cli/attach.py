"""``devenv attach SERVICE``: this terminal becomes the service's, until it ends or we leave."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import termios
import tty

from devenv.api import frames
from devenv.cli.render import notice
from devenv.cli.result import Result
from devenv.errors import DevenvError, UsageError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn

    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session

_DETACH = "ctrl-p,ctrl-q"
_CHUNK = 64 * 1024

# What a program may have left switched on: colours, a hidden cursor, mouse and paste reports.
_CALM = b"\x1b[0m\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l"


def run(arguments: Arguments, session: Session) -> Result:
    name, index = split_name(arguments.service, arguments.index)
    keys = read_keys(arguments.detach_keys or _DETACH)
    columns, rows = _size()
    params = {
        "target": session.target(),
        "service": name,
        "index": index,
        "columns": columns,
        "rows": rows,
    }
    _, descriptors = session.client.call_for_descriptors("attach", params)
    if len(descriptors) != 1:
        raise DevenvError(f"the daemon gave no connection to {name}")
    with socket.socket(fileno=descriptors[0]) as sock:
        status = _Terminal(sock, keys).pump()
    if status is None:
        notice(f"Detached. {name} goes on; `devenv attach {arguments.service}` comes back.")
        return Result({"detached": True})
    return Result({"detached": False, "exit_code": status}, code=status)


def split_name(word: str, index: int | None) -> tuple[str, int]:
    """``web.2`` is the replica 2 of ``web``, and so is ``web`` with --index 2."""
    name, dot, number = word.rpartition(".")
    if dot and number.isascii() and number.isdigit() and index is None:
        return name, int(number)
    return word, index or 0


def read_keys(text: str) -> bytes:
    """The bytes of a sequence such as ``ctrl-p,ctrl-q`` or ``ctrl-],x``."""
    keys = b""
    for word in text.split(","):
        letter = word.removeprefix("ctrl-")
        if len(letter) != 1 or not letter.isascii():
            raise UsageError(f"--detach-keys {text}: {word!r} is no key", "For example: ctrl-p,x")
        keys += letter.encode() if letter == word else bytes((ord(letter.upper()) & 0x1F,))
    return keys


def _size() -> tuple[int, int]:
    try:
        size = os.get_terminal_size(sys.stdout.fileno())
    except OSError:
        return 80, 24
    return size.columns or 80, size.lines or 24


class _Terminal:
    """Carries bytes between this terminal and the service's."""

    def __init__(self, sock: socket.socket, keys: bytes) -> None:
        self._socket = sock
        self._keys = keys
        self._matched = 0
        """How many of the detach keys have been typed in a row."""
        self._splitter = frames.Splitter()
        self._in = sys.stdin.fileno()
        self._out = sys.stdout.fileno()
        self._wake, self._woken = os.pipe()
        self._poll = select.poll()
        for descriptor in (self._in, sock.fileno(), self._wake):
            self._poll.register(descriptor, select.POLLIN)
        self._over = False
        self._last = b""
        """The last byte that was shown."""
        self._status: int | None = None

    def pump(self) -> int | None:
        """The exit status of what ran; None when the user left it running."""
        saved = termios.tcgetattr(self._in) if os.isatty(self._in) else None
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
                for descriptor, _ in self._poll.poll():
                    self._carry(descriptor)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            if saved is not None:
                termios.tcsetattr(self._in, termios.TCSADRAIN, saved)
                if os.isatty(self._out):
                    self._write(_CALM if self._last in {b"", b"\n"} else _CALM + b"\r\n")
            os.close(self._wake)
            os.close(self._woken)
        return self._status

    def _carry(self, descriptor: int) -> None:
        if descriptor == self._wake:
            os.read(self._wake, _CHUNK)
            self._socket.sendall(frames.pack_resize(*_size()))
        elif descriptor == self._in:
            data = os.read(self._in, _CHUNK)
            if data:
                self._type(data)
            else:
                self._poll.unregister(self._in)
        else:
            self._show()

    def _type(self, data: bytes) -> None:
        """Send what was typed, but for the keys to leave."""
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
        if ready:
            self._socket.sendall(frames.pack(frames.INPUT, ready))

    def _show(self) -> None:
        data = self._socket.recv(_CHUNK)
        if not data:
            raise DevenvError("the connection to the service was lost", "Attach again.")
        for channel, content in self._splitter.feed(data):
            if channel == frames.OUTPUT:
                self._write(content)
                self._last = content[-1:] or self._last
            elif channel == frames.END:
                self._over = True
                self._status = int(content or b"0")

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._out, rest) :]

    def _resized(self, number: int, frame: FrameType | None) -> None:
        os.write(self._woken, b"1")


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
