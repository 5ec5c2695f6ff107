"""Stands before an engine's socket: writes down the calls, spoils some of them, can be cut off."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.exchange import Exchange

How = Callable[[Exchange], None]


@dataclass(slots=True)
class Fault:
    """``how`` the calls go that match ``call`` (``METHOD /path``): from the ``nth``, ``times``."""

    call: str
    how: How
    nth: int = 1
    times: int = 1
    seen: int = 0
    """How many calls have matched."""

    @property
    def struck(self) -> bool:
        return self.seen >= self.nth

    def strikes(self, call: str) -> bool:
        """Count a call that matches, and tell whether it is one of those."""
        if not re.search(self.call, call):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


@dataclass
class Proxy:
    """Listens at ``path``. ``calls`` are all, ``changes`` those that were no mere questions.

    Each call has a connection of its own, so that one can be spoiled without its neighbours.
    """

    path: Path
    upstream: str
    calls: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    _sockets: list[socket.socket] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def host(self) -> str:
        return f"unix://{self.path}"

    def open(self) -> None:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(self.path))
        listening.listen(64)
        self._sockets.append(listening)
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def cut(self) -> None:
        """End every connection, and take no new one."""
        self.path.unlink(missing_ok=True)
        with self._lock:
            ended, self._sockets = self._sockets, []
        for one in ended:
            _end(one)
            one.close()

    def spoil(self, call: str, how: How, nth: int = 1, times: int = 1) -> Fault:
        """Have calls go wrong from now on."""
        made = Fault(call, how, nth, times)
        self.faults.append(made)
        return made

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        engine = socket.socket(socket.AF_UNIX)
        with self._lock:
            self._sockets += [client, engine]
        with client, engine:
            with suppress(OSError, ValueError):
                engine.connect(self.upstream)
                exchange = Exchange(client, engine)
                if exchange.receive():
                    self._note(exchange)(exchange)
            for one in (client, engine):
                _end(one)

    def _note(self, exchange: Exchange) -> How:
        with self._lock:
            call = exchange.call
            self.calls.append(call)
            if not call.startswith(("GET ", "HEAD ")):
                self.changes.append(call)
            return next(self._striking(call), Exchange.pass_on)

    def _striking(self, call: str) -> Iterator[How]:
        struck = [fault.how for fault in self.faults if fault.strikes(call)]
        yield from struck


def _end(connection: socket.socket) -> None:
    """Not just close(): a thread that reads would keep it open."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
