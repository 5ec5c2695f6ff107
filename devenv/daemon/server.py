"""Answers on the socket: one task for each connection, requests in order, descriptors beside."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from typing import Any

from devenv.api import codec
from devenv.api.codec import MessageError
from devenv.api.connection import DESCRIPTORS_AT_ONCE
from devenv.api.methods import check, check_client, check_target
from devenv.daemon.verbs import VERBS
from devenv.daemon.verbs.context import Answer, Context
from devenv.errors import DevenvError, DivergedError, NoProfileError
from devenv.model.origin import ProfileError
from devenv.runtimes.kubernetes.errors import LoginError

CHUNK = 64 * 1024
UNTIL_ROOM = 0.1
"""Seconds until a client is let in again for whom there was no descriptor."""


class Server:
    """Accepts clients of our own user until it is cancelled."""

    def __init__(self, listening: socket.socket, context: Context) -> None:
        self._listening = listening
        self._context = context
        self._connections: set[asyncio.Task[None]] = set()
        self._answering = 0
        self._quiet = asyncio.Event()

    async def finish(self, within: float) -> None:
        """Let the requests in flight be answered, for at most ``within`` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._answering:
                    self._quiet.clear()
                    await self._quiet.wait()

    async def serve(self) -> None:
        try:
            while True:
                connection = await self._accept()
                task = asyncio.create_task(self._converse(connection))
                self._connections.add(task)
                task.add_done_callback(self._connections.discard)
        finally:
            for task in self._connections:
                task.cancel()

    async def _accept(self) -> socket.socket:
        """Let the next client in; where there is no descriptor for it, once there is one."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(self._listening)
            except OSError as error:
                logging.error("a client cannot be let in: %s", error.strerror)
                await asyncio.sleep(UNTIL_ROOM)
            else:
                return connection

    async def _converse(self, connection: socket.socket) -> None:
        with connection:
            if _peer_uid(connection) != os.getuid():
                return
            with suppress(ConnectionError):
                async for line in _lines(connection):
                    await self._counted(self._answer(connection, line))

    async def _counted(self, answering: Coroutine[None, None, None]) -> None:
        self._answering += 1
        try:
            await answering
        finally:
            self._answering -= 1
            self._quiet.set()

    async def _answer(self, connection: socket.socket, line: bytes) -> None:
        number: int | None = None
        try:
            number, method, params = codec.read_request(codec.decode(line))
            answer = await _caught(self._perform(method, params))
            sent, descriptors = codec.result(number, answer.result), answer.descriptors
        except DevenvError as error:
            sent, descriptors = _failure(number, error), ()
        await _send(connection, sent, descriptors)

    async def _perform(self, method: str, params: dict[str, Any]) -> Answer:
        check(method, params)
        if "target" in params:
            check_target(params["target"])
        if "client" in params:
            check_client(params["client"])
        return await VERBS[method](self._context, params)


async def _lines(connection: socket.socket) -> AsyncIterator[bytes]:
    """Read line by line, until the other side has closed or a line is too long."""
    loop = asyncio.get_running_loop()
    buffer = b""
    while received := await loop.sock_recv(connection, CHUNK):
        *lines, buffer = (buffer + received).split(b"\n")
        for line in lines:
            yield line
        if len(buffer) > codec.LIMIT:
            return


async def _caught(work: Coroutine[None, None, Answer]) -> Answer:
    """Turn a bug of ours into an answer; what it was goes to the daemon's log."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait([task])
    finally:
        task.cancel()
    error = task.exception()
    if error is not None and not isinstance(error, DevenvError):
        logging.error("a request failed", exc_info=error)
        raise MessageError(codec.BUG, f"a bug of devenv: {error!r}", "the daemon's log has more")
    return task.result()


def _failure(number: int | None, error: DevenvError) -> bytes:
    code = error.code if isinstance(error, MessageError) else codec.EXPECTED
    found = error.problems if isinstance(error, ProfileError) else ()
    data = {
        "hint": error.hint,
        "exit_code": codec.BUG if code == codec.BUG else error.exit_code,
        "problems": [problem.fields for problem in found],
        "volumes": list(error.volumes) if isinstance(error, DivergedError) else [],
        "no_profile": isinstance(error, NoProfileError),
        "login": error.login if isinstance(error, LoginError) else None,
    }
    return codec.failure(number, code, error.message, data)


async def _send(connection: socket.socket, data: bytes, descriptors: tuple[int, ...]) -> None:
    """Send an answer; its first bytes carry the descriptors, one group each."""
    groups = [
        descriptors[at : at + DESCRIPTORS_AT_ONCE]
        for at in range(0, len(descriptors), DESCRIPTORS_AT_ONCE)
    ]
    try:
        for at, group in enumerate(groups):
            socket.send_fds(connection, [data[at : at + 1]], list(group))
        await asyncio.get_running_loop().sock_sendall(connection, data[len(groups) :])
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _peer_uid(connection: socket.socket) -> int:
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    _, uid, _ = struct.unpack("3i", credentials)
    return int(uid)
