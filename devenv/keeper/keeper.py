"""What the daemon may ask of the keeper, and what it is told unasked. The protocol only grows.

A request is ``{"id", "op", …}``; its answer is ``{"id", "ok": true, …}`` or ``{"id", "error"}``.
Who asked to ``watch`` is sent ``{"push": "units", "rows", "removed"}`` whenever units changed.
"""

from __future__ import annotations

import os
import signal
import socket

from devenv.failpoints import failpoint
from devenv.keeper.attached import INPUT, RESIZE, Audience
from devenv.keeper.connection import Connection, peer_is_us
from devenv.keeper.holder import Holder
from devenv.keeper.loop import Loop
from devenv.keeper.mark import keeper_mark, wear
from devenv.keeper.operations import OPERATIONS, RequestError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from devenv.keeper.connection import Message
    from devenv.keeper.held import Held

BACKLOG = 16
LAST_GRACE = 10.0
"""Seconds that services have to end by themselves when the keeper is told to leave by a signal."""


class Keeper:
    """Holds one environment, once it is assigned; leaves when it is told to."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.holder = Holder(self.loop, self._changed, self._said)
        self.audience = Audience(self.loop, self._typed)
        self.prepared: Message = {}
        self.path = ""
        self.leaving: list[tuple[Connection, int]] | None = None
        """Who is to be told when nothing is left; None while nobody wants us to leave."""
        self._connections: set[Connection] = set()
        self._news: dict[tuple[str, int], Held] = {}
        self._listening: socket.socket | None = None
        self._terminating = False
        self.loop.on_signals({signal.SIGCHLD: self._reap, signal.SIGTERM: self._terminate})

    def converse(self, sock: socket.socket) -> None:
        """Take a connection; while nothing is assigned, its end is ours."""
        self._connections.add(Connection(sock, self.loop, self._take, self._lost))

    def assign(self, path: str, environment: str) -> None:
        """Belong to an environment from now on: listen at ``path`` for later daemons."""
        self.holder.environment = environment
        self.holder.mark = keeper_mark(os.path.dirname(path), environment)
        wear(self.holder.mark)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        partial = f"{path[:-6]}{os.getpid()}"
        listening.bind(partial)
        os.chmod(partial, 0o600)
        listening.listen(BACKLOG)
        listening.setblocking(False)
        os.replace(partial, path)
        self._listening, self.path = listening, path
        self.loop.watch(listening.fileno(), self._accept)

    @property
    def is_leaving(self) -> bool:
        """Nothing is started any more."""
        return self._terminating or self.leaving is not None

    def leave(self, asked_by: list[tuple[Connection, int]]) -> None:
        """Kill all that is left, then tell it and end."""
        self.leaving = (self.leaving or []) + asked_by
        if self._listening is not None:
            self.loop.forget(self._listening.fileno())
            self._listening.close()
            self._listening = None
            self._unlink()
        if self.holder.kill_all():
            return
        for connection, number in self.leaving:
            connection.send({"id": number, "ok": True})
        self.loop.stop()

    def _unlink(self) -> None:
        try:
            os.unlink(self.path)
        except FileNotFoundError:
            return

    def remove(self, held: Held) -> None:
        """Forget a unit that has ended."""
        del self.holder.units[held.key]
        self._changed(held)

    def _lost(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not self.path:
            self.loop.stop()

    def _accept(self, events: int) -> None:
        if self._listening is None:
            return
        try:
            sock, _ = self._listening.accept()
        except OSError:
            return
        if peer_is_us(sock):
            self.converse(sock)
        else:
            sock.close()

    def _take(self, connection: Connection, message: Message) -> None:
        number = message.get("id")
        perform = OPERATIONS.get(str(message.get("op")))
        try:
            if perform is None:
                raise RequestError(f"the keeper does not know {message.get('op')!r}")
            answer = perform(self, connection, message)
        except (RequestError, ValueError) as error:
            connection.send({"id": number, "error": str(error)})
        except (KeyError, TypeError) as error:
            connection.send({"id": number, "error": f"{message['op']} is not understood: {error}"})
        except OSError as error:
            connection.send({"id": number, "error": error.strerror or str(error)})
        else:
            if answer is not None:
                failpoint("keeper.before-reply")
                connection.send({"id": number, "ok": True, **answer})

    def _reap(self) -> None:
        self.holder.reap()
        if self.leaving is not None:
            self.leave([])

    def _terminate(self) -> None:
        """Leave as the machine goes down: let services end first."""
        for held in self.holder.units.values():
            if held.alive:
                self.holder.stop(held, signal.SIGTERM, LAST_GRACE)
        self._terminating = True
        self.loop.soon(self._push)

    def _changed(self, held: Held) -> None:
        self._news[held.key] = held
        self.loop.soon(self._push)

    def _push(self) -> None:
        """Send what changed in this round, then answer those who waited for an end."""
        news, self._news = self._news, {}
        units = self.holder.units
        rows = [units[key].row() for key in news if key in units]
        removed = [list(key) for key in news if key not in units]
        for connection in [one for one in self._connections if one.watching and news]:
            connection.send({"push": "units", "rows": rows, "removed": removed})
        for held in news.values():
            if not held.alive:
                self._ended(held)
        if self._terminating and not any(held.alive for held in units.values()):
            self.leave([])

    def _ended(self, held: Held) -> None:
        waiting, held.waiting = held.waiting, []
        for connection, number in waiting:
            connection.send({"id": number, "ok": True})
        self.audience.end(held, held.exit["code"] if held.exit else 0)

    def _said(self, held: Held, data: memoryview) -> None:
        self.audience.show(held, data)

    def _typed(self, held: Held, channel: int, data: bytes) -> None:
        if channel == INPUT:
            self.holder.streams.type(held, data)
        elif channel == RESIZE and len(data) == 4:
            columns, rows = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:], "big")
            self.holder.resize(held, columns, rows)
