"""One connection to the daemon, checked on both ends: the peer is us, and of our build."""

from __future__ import annotations

import _socket
import os
from time import monotonic, sleep

from devenv.api import codec, places
from devenv.api.build import build
from devenv.api.methods import PROTOCOL
from devenv.errors import DevenvError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

DESCRIPTORS_AT_ONCE = 250
"""How many the daemon sends with one byte; the kernel's limit is 253."""

START_WITHIN = 15.0
_CHUNK = 256 * 1024
_ANCILLARY = _socket.CMSG_SPACE(4 * 253)


class LostError(DevenvError):
    """The connection broke. ``asked``: the request may have reached the daemon."""

    def __init__(self, *, asked: bool) -> None:
        super().__init__(
            "the connection to the daemon was lost",
            "Try again. `devenv doctor` shows what the daemon wrote when it ended.",
        )
        self.asked = asked


class SilentError(DevenvError):
    """The daemon did not answer in time."""

    def __init__(self, method: str, within: float, pid: int) -> None:
        super().__init__(
            f"the daemon (pid {pid}) did not answer to {method} within {within:g} seconds",
            f"`kill -9 {pid}` ends it; services stay up, and it starts again by itself.",
        )


class Incoming:
    """An answer as it comes: the bytes of its line, and the descriptors with them."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self.descriptors: list[int] = []

    def add(self, data: bytes) -> bool:
        """Take more bytes; True when the line is complete."""
        self._parts.append(data)
        self._size += len(data)
        if data.endswith(b"\n"):
            return True
        if self._size > codec.LIMIT:
            raise codec.MessageError(codec.NO_REQUEST, "the daemon's answer is too long")
        return False

    def result(self) -> tuple[dict[str, Any], list[int]]:
        """The result and the descriptors; RemoteError where it is a failure."""
        message = codec.decode(b"".join(self._parts))
        return codec.read_result(message), self.descriptors


class Connection:
    """A connected socket, and the requests on it, one after the other.

    ``pid`` is the daemon's (unix(7), SO_PEERCRED).
    """

    def __init__(self, sock: _socket.socket, pid: int) -> None:
        self.socket = sock
        self.pid = pid
        self._number = 0
        self.build = ""

    def close(self) -> None:
        self.socket.close()

    def hello(self) -> bool:
        """Say who we are; whether the other end is of our build, which is then known."""
        ours = build()
        answer, _ = self.request("hello", {"protocol": PROTOCOL, "build": ours}, START_WITHIN)
        self.build = str(answer.get("build"))
        return self.build == ours and answer.get("protocol") == PROTOCOL

    def request(
        self, method: str, params: Mapping[str, Any], within: float
    ) -> tuple[dict[str, Any], list[int]]:
        """The result and the descriptors with it; raises LostError, DevenvError, RemoteError."""
        line = self.next_line(method, params)
        self.socket.settimeout(within)
        answer = Incoming()
        try:
            try:
                self.socket.sendall(line)
            except ConnectionError as error:
                raise LostError(asked=False) from error
            while not self.receive(answer):
                pass
        except TimeoutError as error:
            raise SilentError(method, within, self.pid) from error
        return answer.result()

    def next_line(self, method: str, params: Mapping[str, Any]) -> bytes:
        """The bytes of the next request."""
        self._number += 1
        return codec.request(self._number, method, params)

    def receive(self, answer: Incoming) -> bool:
        """Take in what has come of an answer; True when that is all of it."""
        try:
            data, ancillary, _, _ = self.socket.recvmsg(
                _CHUNK, _ANCILLARY, _socket.MSG_CMSG_CLOEXEC
            )
        except ConnectionError as error:
            raise LostError(asked=True) from error
        for _, _, packed in ancillary:
            answer.descriptors += _numbers(packed)
        if not data:
            raise LostError(asked=True)
        return answer.add(data)

    def stop_daemon(self) -> None:
        """Ask the daemon to end, and return when it has closed this connection."""
        try:
            self.request("daemon.stop", {}, START_WITHIN)
            while self.socket.recv(_CHUNK):
                pass
        except (ConnectionError, TimeoutError, LostError):
            return


def _numbers(packed: bytes) -> list[int]:
    """The descriptors in the data of one SCM_RIGHTS message: native ints."""
    return list(memoryview(packed[: len(packed) // 4 * 4]).cast("i"))


def connect(environ: Mapping[str, str]) -> Connection | None:
    """A connection to the daemon that listens; None where none does."""
    path = places.daemon_socket(environ)
    if not places.check_runtime_folder(os.path.dirname(path)):
        return None
    sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
    try:
        sock.connect(path)
    except (FileNotFoundError, ConnectionRefusedError):
        sock.close()
        return None
    except OSError as error:
        sock.close()
        raise DevenvError(
            f"cannot talk to the daemon at {path}: {error.strerror}",
            "`devenv doctor` shows what is wrong.",
        ) from error
    pid, uid, _ = memoryview(sock.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)).cast("i")
    if uid != os.getuid():
        sock.close()
        raise DevenvError(
            f"the daemon at {path} belongs to another user (uid {uid})",
            "Set XDG_RUNTIME_DIR to a folder of your own.",
        )
    return Connection(sock, pid)


def open_connection(
    environ: Mapping[str, str], *, start: bool = True, expected: str = ""
) -> Connection:
    """A connection that has said hello, to a daemon of our build; it is started where need be.

    ``expected``: the build that it had before the connection was lost. Where another devenv has
    taken over meanwhile, that one stays: two of them must not end each other in turns.
    """
    from_now = monotonic()
    pause = 0.005
    while True:
        found = _greeted(environ, replace=start and not expected)
        if found is not None:
            if expected and found.build != expected:
                found.close()
                raise DevenvError(
                    "another version of devenv has taken over the daemon",
                    "The services stay up. Use that version, or run the command again.",
                )
            return found
        if not start:
            raise NoDaemonError
        from devenv.api.starting import start_daemon

        if not start_daemon(environ):
            sleep(pause)  # another one holds the lock and will listen soon, or end soon
            pause = min(2 * pause, 0.25)
        if monotonic() - from_now > START_WITHIN:
            raise DevenvError(
                "the daemon does not start", "`devenv doctor` shows what it wrote when it ended."
            )


class NoDaemonError(DevenvError):
    """None listens, and none was to be started."""

    def __init__(self) -> None:
        super().__init__("no daemon is running", "`devenv daemon start` starts it.")


def _greeted(environ: Mapping[str, str], *, replace: bool) -> Connection | None:
    """A connection after hello; None where nobody listens any more."""
    connection = connect(environ)
    if connection is None:
        return None
    try:
        if connection.hello() or not replace:
            return connection
        connection.stop_daemon()
    except LostError:
        pass
    except BaseException:
        connection.close()
        raise
    connection.close()
    return None
