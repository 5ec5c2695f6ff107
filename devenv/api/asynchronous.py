"""The way to the daemon from an event loop: each request has a connection of its own meanwhile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any

from devenv.api.connection import (
    Connection,
    Incoming,
    LostError,
    SilentError,
    open_connection,
)

ANSWER_WITHIN = 60.0
"""Seconds after which a daemon that says nothing is taken for stuck."""


class AsyncClient:
    """Connections to the user's daemon, kept for the next request while they are idle.

    It asks once: whoever watches sees that the daemon is away, and when it is back.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._idle: list[Connection] = []

    def close(self) -> None:
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    async def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        within: float = ANSWER_WITHIN,
        start: bool = False,
    ) -> dict[str, Any]:
        """The result of a method; ``start`` a daemon where there is none.

        DevenvError where there is none, RemoteError where it refuses, LostError where it went away.
        """
        result, descriptors = await self.call_for_descriptors(
            method, params, within=within, start=start
        )
        for descriptor in descriptors:
            os.close(descriptor)
        return result

    async def call_for_descriptors(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        within: float = ANSWER_WITHIN,
        start: bool = False,
    ) -> tuple[dict[str, Any], list[int]]:
        """As ``call``, with the file descriptors that came along; the caller closes them."""
        connection = self._idle.pop() if self._idle else await self._opened(start=start)
        answer = Incoming()
        try:
            async with asyncio.timeout(within):
                await _converse(connection, connection.next_line(method, params or {}), answer)
        except BaseException as error:
            connection.close()  # its answer may still come, and nobody would read it
            if isinstance(error, LostError):
                self.close()  # the others lead to the same daemon
            if isinstance(error, TimeoutError):
                raise SilentError(method, within, connection.pid) from error
            raise
        self._idle.append(connection)
        return answer.result()

    async def _opened(self, *, start: bool) -> Connection:
        connection = await asyncio.to_thread(open_connection, self._environ, start=start)
        connection.socket.settimeout(0)
        return connection


async def _converse(connection: Connection, line: bytes, answer: Incoming) -> None:
    await _send(connection, line)
    while True:
        await _ready(connection, reading=True)
        if connection.receive(answer):
            return


async def _send(connection: Connection, line: bytes) -> None:
    rest = memoryview(line)
    while rest:
        try:
            rest = rest[connection.socket.send(rest) :]
        except BlockingIOError:
            await _ready(connection, reading=False)
        except ConnectionError as error:
            raise LostError(asked=False) from error


async def _ready(connection: Connection, *, reading: bool) -> None:
    """Wait until the socket can be read from, or written to."""
    loop = asyncio.get_running_loop()
    descriptor = connection.socket.fileno()
    ready = asyncio.Event()
    add, remove = (
        (loop.add_reader, loop.remove_reader) if reading else (loop.add_writer, loop.remove_writer)
    )
    add(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        remove(descriptor)
