"""The daemon's end of a keeper's socket: requests, and the keeper's table as it was last told."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Mapping
from typing import Any

from devenv.errors import DevenvError
from devenv.model.environment import ReplicaId

Message = dict[str, Any]
LIMIT = 16 * 1024 * 1024


class Link:
    """A keeper that is connected. ``rows`` is its table, ``ended`` whether it has gone."""

    def __init__(self, sock: socket.socket, changed: Callable[[], None]) -> None:
        self.rows: dict[ReplicaId, Message] = {}
        self.prepared = ""
        self.pid = 0
        self.ended = asyncio.Event()
        self._socket = sock
        self._changed = changed
        self._answers: dict[int, asyncio.Future[Message]] = {}
        self._descriptors: list[int] = []
        self._number = 0
        self._outgoing = bytearray()
        self._writable = asyncio.Event()
        sock.setblocking(False)
        self._tasks = [asyncio.create_task(self._receive()), asyncio.create_task(self._send())]

    async def request(self, op: str, **fields: object) -> Message:
        """Ask the keeper; what is asked in one turn of the loop goes out in one send."""
        if self.ended.is_set():
            raise DevenvError("its keeper has ended")
        self._number += 1
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._answers[self._number] = answer
        message = {"id": self._number, "op": op, **fields}
        self._outgoing += json.dumps(message, separators=(",", ":")).encode() + b"\n"
        self._writable.set()
        return await answer

    async def request_descriptor(self, op: str, **fields: object) -> tuple[Message, int]:
        """Ask for something that comes with a descriptor."""
        answer = await self.request(op, **fields)
        if not self._descriptors:
            raise DevenvError("the keeper sent no terminal")
        return answer, self._descriptors.pop()

    async def greet(self) -> None:
        """Learn who the keeper is, and its whole table."""
        self.pid = (await self.request("hello"))["pid"]
        listed = await self.request("list")
        self.prepared = listed["fingerprint"]
        self._take_rows(listed["rows"])

    def close(self) -> None:
        """Let go of the keeper; it lives on."""
        for task in self._tasks:
            task.cancel()
        self._socket.close()

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._writable.wait()
            self._writable.clear()
            data, self._outgoing = self._outgoing, bytearray()
            try:
                await loop.sock_sendall(self._socket, data)
            except OSError:
                return

    async def _receive(self) -> None:
        buffer = bytearray()
        while data := await self._chunk():
            buffer += data
            *lines, rest = buffer.split(b"\n")
            buffer = rest
            for line in lines:
                self._take(json.loads(line))
        self.ended.set()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(DevenvError("its keeper has ended"))
        self._changed()

    async def _chunk(self) -> bytes:
        """Wait for bytes, and take the descriptors that come with them."""
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        loop.add_reader(self._socket, _set, ready)
        try:
            await ready
            data, descriptors, _, _ = socket.recv_fds(self._socket, 1024 * 1024, 4)
        except OSError:
            return b""
        finally:
            loop.remove_reader(self._socket)
        if descriptors:
            self._descriptors += descriptors
        return data

    def _take(self, message: Message) -> None:
        if "push" in message:
            self._take_rows(message["rows"])
            self._changed()
            return
        answer = self._answers.pop(message["id"], None)
        if "row" in message:
            self._take_rows([message["row"]])
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(DevenvError(message["error"]))
        else:
            answer.set_result(message)

    def _take_rows(self, rows: list[Mapping[str, Any]]) -> None:
        for row in rows:
            self.rows[ReplicaId(row["service"], row["index"])] = dict(row)


def _set(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
