"""What the daemon may ask of the keeper, and what it is told unasked. The protocol only grows.

A request is ``{"id", "op", …}``; its answer ``{"id", "ok": true, …}`` or ``{"id", "error"}``. Rows
of units that changed are pushed as ``{"push": "units", "rows": […]}`` to every connection.
"""

import os
import signal
import socket
import time

from devenv.keeper.attached import INPUT, RESIZE, Attached
from devenv.keeper.connection import Connection, peer_is_us
from devenv.keeper.failpoints import failpoint
from devenv.keeper.held import Held
from devenv.keeper.holder import Holder
from devenv.keeper.loop import Loop
from devenv.keeper.messages import Message
from devenv.keeper.system import environment_number

PROTOCOL = 1
KILL_AGAIN = 0.005
"""Seconds until what was killed is looked for again."""
BACKLOG = 16


class RequestError(Exception):
    """A request that cannot be done; its text is for the user."""


class Keeper:
    """Holds one environment, once it is assigned; leaves when it is told to."""

    def __init__(self) -> None:
        self._loop = Loop()
        self._holder = Holder(self._loop, self._changed, self._show)
        self._connections: set[Connection] = set()
        self._attached: list[Attached] = []
        self._news: dict[tuple[str, int], Held] = {}
        self._path = ""
        self._prepared: Message = {}
        self._listening: socket.socket | None = None

    def run(self) -> None:
        self._loop.run()

    def converse(self, sock: socket.socket) -> None:
        """Take a connection; while nothing is assigned, its end is ours."""
        self._connections.add(Connection(sock, self._loop, self._take, self._lost))

    def _lost(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not self._path:
            self._loop.stop()

    def _take(self, connection: Connection, message: Message) -> None:
        perform = getattr(self, f"_do_{message.get('op')}", None)
        try:
            if perform is None:
                raise RequestError(f"the keeper does not know {message.get('op')!r}")
            answer = perform(connection, message)
        except RequestError as error:
            connection.send({"id": message.get("id"), "error": str(error)})
            return
        except OSError as error:
            connection.send({"id": message.get("id"), "error": error.strerror or str(error)})
            return
        if answer is not None:
            failpoint("keeper.before-reply")
            connection.send({"id": message.get("id"), "ok": True, **answer})

    def _do_hello(self, connection: Connection, message: Message) -> Message:
        return {"protocol": PROTOCOL, "pid": os.getpid(), "assigned": bool(self._path)}

    def _do_assign(self, connection: Connection, message: Message) -> Message:
        """Belong to an environment from now on, and listen for later daemons."""
        self._holder.environment = environment_number(message["environment"])
        self._holder.quota = message["quota"]
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        partial = f"{message['socket']}.{os.getpid()}"
        listening.bind(partial)
        os.chmod(partial, 0o600)
        listening.listen(BACKLOG)
        listening.setblocking(False)
        os.replace(partial, message["socket"])
        self._listening, self._path = listening, message["socket"]
        self._loop.watch(listening.fileno(), self._accept)
        return {}

    def _accept(self, events: int) -> None:
        assert self._listening is not None
        try:
            sock, _ = self._listening.accept()
        except OSError:
            return
        if peer_is_us(sock):
            self.converse(sock)
        else:
            sock.close()

    def _do_prepare(self, connection: Connection, message: Message) -> Message:
        """Remember the client's circumstances, and what the daemon wants to be reminded of."""
        wanted = ("fingerprint", "directory", "umask", "environment", "memory")
        self._prepared = {name: message[name] for name in wanted}
        return {}

    def _do_recall(self, connection: Connection, message: Message) -> Message:
        return {"prepared": self._prepared}

    def _do_list(self, connection: Connection, message: Message) -> Message:
        rows = [held.row() for held in self._holder.units.values()]
        return {"rows": rows, "fingerprint": self._prepared.get("fingerprint", "")}

    def _do_start(self, connection: Connection, message: Message) -> Message:
        """Start a unit; one that runs as asked is left alone."""
        if not self._prepared:
            raise RequestError("the keeper was not prepared")
        row = message["unit"]
        held = self._holder.units.get((row["service"], row["index"]))
        if held is not None and held.alive:
            if (held.fingerprint, held.generation) == (row["fingerprint"], row["generation"]):
                return {"row": held.row()}
            raise RequestError(f"{row['service']} still runs as it was before")
        held = self._holder.start(row, self._prepared["environment"], self._prepared["umask"])
        failpoint("keeper.after-fork")
        return {"row": held.row()}

    def _do_stop(self, connection: Connection, message: Message) -> Message | None:
        """Answered when nothing of the unit is alive."""
        held = self._held(message, needed=False)
        if held is None or not held.alive:
            return {}
        number = getattr(signal, message["signal"], None) or signal.SIGTERM
        held.waiting.append((connection, message["id"]))
        if not held.stopping:
            self._holder.stop(held, number, message["grace"])
        failpoint("keeper.in-stop")
        return None

    def _do_remove(self, connection: Connection, message: Message) -> Message:
        self._holder.remove((message["service"], message["index"]))
        return {}

    def _do_attach(self, connection: Connection, message: Message) -> None:
        held = self._held(message)
        assert held is not None
        if not held.alive:
            raise RequestError(f"{held.service} does not run")
        self._holder.resize(held, message["columns"], message["rows"])
        attached = Attached(held, self._loop, self._from_attached, self._attached.remove)
        self._attached.append(attached)
        answer = {"id": message["id"], "ok": True}
        connection.send_with_descriptor(answer, attached.theirs.fileno())
        attached.theirs.close()

    def _do_discard(self, connection: Connection, message: Message) -> Message | None:
        """Kill what is left, then leave; the end of the connection is the answer."""
        if self._listening is not None:
            self._loop.forget(self._listening.fileno())
            self._listening.close()
            self._listening = None
            os.unlink(self._path)
        if self._holder.kill_all():
            self._holder.reap()
            self._loop.at(time.monotonic() + KILL_AGAIN, lambda: self._discard_again(connection))
            return None
        for held in self._holder.units.values():
            held.close()
        self._loop.stop()
        return None

    def _discard_again(self, connection: Connection) -> None:
        self._do_discard(connection, {})

    def _held(self, message: Message, *, needed: bool = True) -> Held | None:
        held = self._holder.units.get((message["service"], message["index"]))
        if held is None and needed:
            raise RequestError(f"{message['service']} does not run")
        return held

    def _changed(self, held: Held) -> None:
        self._news[held.key] = held
        self._loop.soon(self._push)

    def _push(self) -> None:
        news, self._news = list(self._news.values()), {}
        if news:
            message = {"push": "units", "rows": [held.row() for held in news]}
            for connection in self._connections:
                connection.send(message)
        for held in news:
            if not held.alive:
                self._ended(held)

    def _ended(self, held: Held) -> None:
        waiting, held.waiting = held.waiting, []
        for connection, number in waiting:
            assert isinstance(connection, Connection)
            connection.send({"id": number, "ok": True})
        for attached in [one for one in self._attached if one.held is held]:
            attached.end(held.code)

    def _show(self, held: Held, data: memoryview) -> None:
        for attached in [one for one in self._attached if one.held is held]:
            attached.show(data)

    def _from_attached(self, held: Held, channel: int, data: bytes) -> None:
        if channel == INPUT:
            self._holder.write(held, data)
        elif channel == RESIZE and len(data) == 4:
            columns, rows = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:], "big")
            self._holder.resize(held, columns, rows)
