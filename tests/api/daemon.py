"""A stand-in for the daemon: a real socket in a thread, with answers that a test writes down."""

from __future__ import annotations

import array
import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devenv.api import codec, places
from devenv.api.build import build
from devenv.errors import DevenvError


class Drop(Exception):  # noqa: N818 - an instruction, not a failure
    """Raised by an answer: close the connection without answering."""


@dataclass(frozen=True, slots=True)
class WithDescriptors:
    """An answer that hands over file descriptors; they are closed on this side afterwards."""

    result: Mapping[str, Any]
    descriptors: tuple[int, ...] = ()


Answer = Mapping[str, Any] | WithDescriptors | Callable[[dict[str, Any]], Any]


@dataclass
class StandIn:
    """Answers requests on the user's socket; ``asked`` records them, hello left out."""

    environ: Mapping[str, str]
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    build: str = field(default_factory=build)

    def __post_init__(self) -> None:
        places.make_runtime_folder(self.environ)
        self._path = places.daemon_socket(self.environ)
        self._connections: list[socket.socket] = []
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)
        self._listening.bind(self._path)
        self._listening.listen()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        for sock in (self._listening, *self._connections):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()
        for sock in (self._listening, *self._connections):
            sock.close()

    def methods(self) -> list[str]:
        return [method for method, _ in self.asked]

    def stop_listening(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        os.unlink(self._path)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, Drop), connection.makefile("rb") as lines:
            for line in lines:
                number, method, params = codec.read_request(codec.decode(line))
                self._answer(connection, number, method, params)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    def _answer(
        self, connection: socket.socket, number: int | None, method: str, params: dict[str, Any]
    ) -> None:
        descriptors: tuple[int, ...] = ()
        try:
            value = self._value(method, params)
            if isinstance(value, WithDescriptors):
                descriptors = value.descriptors
                value = value.result
            answer = codec.result(number, value)
        except DevenvError as error:
            data = {"hint": error.hint, "exit_code": error.exit_code}
            answer = codec.failure(number, codec.EXPECTED, error.message, data)
        for first in range(0, len(descriptors), 250):
            packed = array.array("i", descriptors[first : first + 250])
            connection.sendmsg([answer[:1]], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, packed)])
            answer = answer[1:]
        for descriptor in descriptors:
            os.close(descriptor)
        connection.sendall(answer)

    def _value(self, method: str, params: dict[str, Any]) -> Mapping[str, Any] | WithDescriptors:
        if method == "hello":
            return {"protocol": 1, "build": self.build, "pid": os.getpid(), "started_at": 1.0}
        self.asked.append((method, params))
        answer = self.answers.get(method)
        if answer is None:
            raise DevenvError(f"the test has no answer to {method}")
        if isinstance(answer, Mapping | WithDescriptors):
            return answer
        value: Mapping[str, Any] | WithDescriptors = answer(params)
        return value


@contextlib.contextmanager
def stand_in(environ: Mapping[str, str], **answers: Answer) -> Iterator[StandIn]:
    """A daemon that answers so; ``__`` in a name stands for the dot of a method."""
    daemon = StandIn(environ, {name.replace("__", "."): value for name, value in answers.items()})
    try:
        yield daemon
    finally:
        daemon.close()


def private_environ(folder: Path) -> dict[str, str]:
    """The circumstances of a user of their own: nothing outside ``folder`` is touched."""
    runtime = folder / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    (folder / "home").mkdir(exist_ok=True)
    return {
        "HOME": str(folder / "home"),
        "PATH": os.environ["PATH"],
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_STATE_HOME": str(folder / "state"),
    }
