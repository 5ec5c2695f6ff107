"""A keeper without a runtime: its protocol spoken by hand."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import devenv.keeper

MAIN = Path(devenv.keeper.__file__).with_name("main.py")
COMMAND = (sys.executable, "-I", "-S", "-X", "utf8", str(MAIN))


class Talk:
    """One connection to a keeper; ``pushes`` are those that came before an answer."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(20)
        self.sock = sock
        self.pushes: list[dict[str, Any]] = []
        self._lines = sock.makefile("rb")
        self._number = 0

    def ask(self, op: str, **fields: object) -> dict[str, Any]:
        """Send a request and wait for its answer."""
        self._number += 1
        self.tell({"id": self._number, "op": op, **fields})
        return self.answer(self._number)

    def tell(self, message: dict[str, Any]) -> None:
        self.sock.sendall(json.dumps(message).encode() + b"\n")

    def answer(self, number: int) -> dict[str, Any]:
        while (message := self.hear()).get("id") != number:
            self.pushes.append(message)
        return message

    def hear(self) -> dict[str, Any]:
        """Wait for the next message."""
        message: dict[str, Any] = json.loads(self._lines.readline())
        return message

    def is_over(self) -> bool:
        """Wait for the end of the connection."""
        return self._lines.readline() == b""

    def close(self) -> None:
        self._lines.close()
        self.sock.close()


@contextmanager
def keeper(**environment: str) -> Iterator[Talk]:
    """A new keeper, not assigned; afterwards the warden has ended, and with it all that it held."""
    door, theirs = socket.socketpair()
    process = subprocess.Popen(COMMAND, stdin=theirs.fileno(), env=environment)
    theirs.close()
    ours, other = socket.socketpair()
    socket.send_fds(door, [b"k"], [other.fileno()])
    other.close()
    talk = Talk(ours)
    try:
        yield talk
    finally:
        if talk.sock.fileno() >= 0:
            with suppress(OSError):
                talk.tell({"id": 0, "op": "discard"})
            talk.close()
        door.close()
        assert process.wait(20) == 0


def connected(path: Path) -> Talk:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.connect(str(path))
    return Talk(sock)


def unit(base: Path, *command: str, **fields: object) -> dict[str, object]:
    """Make the order for a unit called web."""
    return {
        "service": "web",
        "index": 0,
        "fingerprint": "print",
        "generation": 1,
        "attempt": 0,
        "restarts": 0,
        "command": list(command),
        "directory": str(base),
        "environment": {},
        "log": str(base / "log"),
        "quota": 1 << 28,
        **fields,
    }


def assigned(talk: Talk, base: Path) -> Path:
    """Assign and prepare a keeper; its socket."""
    path = base / "shop-1.keeper"
    talk.ask("assign", environment="shop-1", socket=str(path), quota=1 << 30)
    talk.ask(
        "prepare",
        fingerprint="prepared",
        directory=str(base),
        umask=0o022,
        environment={"PATH": "/usr/bin:/bin"},
        memory="secret",
    )
    return path
