"""The daemon's end of a keeper's socket: requests, and the keeper's table as it was last told."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from devenv.errors import DevenvError
from devenv.model.environment import ReplicaId

Message = dict[str, Any]
CHUNK = 1024 * 1024


class KeeperEndedError(DevenvError):
    """The keeper has gone, so what was asked of it is not answered."""


class Link:
    """A keeper that is connected. ``rows`` is its table, ``ended`` whether it has gone."""

    def __init__(self, sock: socket.socket, changed: Callable[[], None]) -> None:
        self.rows: dict[ReplicaId, Message] = {}
        self.prepared = ""
        self.pid = 0
        self.ended = asyncio.Event()
        self._socket = sock
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._answers: dict[int, asyncio.Future[Message]] = {}
        self._descriptors: list[int] = []
        self._number = 0
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._flushing = False
        sock.setblocking(False)
        self._loop.add_reader(sock, self._receive)

    async def request(self, op: str, **fields: object) -> Message:
        """Ask the keeper; what is asked in one turn of the loop goes out in one send."""
        if self.ended.is_set():
            raise KeeperEndedError("its keeper has ended")
        self._number += 1
        answer: asyncio.Future[Message] = self._loop.create_future()
        self._answers[self._number] = answer
        message = {"id": self._number, "op": op, **fields}
        self._outgoing += json.dumps(message, separators=(",", ":")).encode() + b"\n"
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)
        return await answer

    async def request_descriptor(self, op: str, **fields: object) -> int:
        """Ask for something that is a descriptor."""
        answer = await self.request(op, **fields)
        return int(answer["descriptor"])

    async def greet(self) -> None:
        """Learn who the keeper is and its whole table, and be told of every change."""
        hello, listed = await asyncio.gather(
            self.request("hello", protocol=1), self.request("watch")
        )
        self.pid = hello["pid"]
        self.prepared = listed["prepared"]

    def close(self) -> None:
        """Let go of the keeper; it lives on."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._socket.close()

    def _flush(self) -> None:
        if self._socket.fileno() < 0:
            return
        try:
            del self._outgoing[: self._socket.send(self._outgoing)]
        except BlockingIOError:
            pass
        except OSError:
            self._end()
            return
        self._flushing = bool(self._outgoing)
        if self._flushing:
            self._loop.add_writer(self._socket, self._flush)
        else:
            self._loop.remove_writer(self._socket)

    def _receive(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._socket, CHUNK, 4)
        except BlockingIOError:
            return
        except OSError:
            data, descriptors = b"", []
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        self._descriptors += descriptors
        if not data:
            self._end()
            return
        self._incoming += data
        *lines, self._incoming = self._incoming.split(b"\n")
        for line in lines:
            self._take(json.loads(line))

    def _end(self) -> None:
        self.close()
        self.ended.set()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(KeeperEndedError("its keeper has ended"))
        self._changed()

    def _take(self, message: Message) -> None:
        # At once: what comes behind an answer is newer, and may be here before who asked goes on.
        self._take_rows(message.get("rows", ()))
        if "push" in message:
            for service, index in message["removed"]:
                self.rows.pop(ReplicaId(service, index), None)
            self._changed()
            return
        if "row" in message:
            self._take_rows([message["row"]])
        if message.get("descriptor"):
            message["descriptor"] = self._descriptors.pop(0)
        answer = self._answers.pop(message["id"], None)
        if answer is None or answer.done():
            _drop(message)
        elif "error" in message:
            answer.set_exception(DevenvError(message["error"]))
        else:
            answer.set_result(message)

    def _take_rows(self, rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            self.rows[ReplicaId(row["service"], row["index"])] = dict(row)


def _drop(message: Message) -> None:
    """Nobody waits for this answer any more."""
    if "descriptor" in message:
        socket.close(message["descriptor"])
