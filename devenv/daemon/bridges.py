"""Joins a client's socket of frames to what runs in a container, for as long as both are there."""

from __future__ import annotations

import asyncio
import socket
from contextlib import aclosing, suppress
from typing import Protocol

from devenv.api import frames
from devenv.errors import DevenvError

CHUNK = 64 * 1024
STDERR = 2


class Far(Protocol):
    """What a client is joined to; ``read`` gives the stream's number and bytes, None at the end."""

    async def read(self) -> tuple[int, bytes] | None: ...

    async def write(self, data: bytes) -> None: ...

    def end_input(self) -> None: ...

    async def resize(self, columns: int, rows: int) -> None: ...

    async def exit_code(self) -> int: ...

    async def aclose(self) -> None: ...


class Bridges:
    """All that clients are joined to now."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self, far: Far) -> int:
        """Join a client to ``far``, which is closed when one of them ends.

        The descriptor is the client's end.
        """
        ours, theirs = socket.socketpair()
        task = asyncio.create_task(_join(far, ours))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return theirs.detach()

    async def close(self) -> None:
        """Leave them all."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _join(far: Far, ours: socket.socket) -> None:
    reader, writer = await asyncio.open_connection(sock=ours)
    async with aclosing(far):
        typing = asyncio.create_task(_type(reader, far))
        showing = asyncio.create_task(_show(far, writer))
        try:
            await asyncio.wait({typing, showing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            typing.cancel()
            showing.cancel()
            await asyncio.gather(typing, showing, return_exceptions=True)
            writer.close()


async def _type(reader: asyncio.StreamReader, far: Far) -> None:
    """Pass on what the client sends, until it leaves. What has ended takes no more of it."""
    splitter = frames.Splitter()
    while data := await reader.read(CHUNK):
        for channel, content in splitter.feed(data):
            with suppress(DevenvError):
                await _pass_on(channel, content, far)


async def _pass_on(channel: int, content: bytes, far: Far) -> None:
    if channel == frames.INPUT:
        await far.write(content)
    elif channel == frames.INPUT_END:
        far.end_input()
    elif channel == frames.RESIZE and len(content) == 4:
        await far.resize(*frames.read_resize(content))


async def _show(far: Far, writer: asyncio.StreamWriter) -> None:
    """Pass on what is written, then the exit code; a connection that breaks has none."""
    with suppress(DevenvError, OSError):
        while (piece := await far.read()) is not None:
            stream, data = piece
            channel = frames.ERRORS if stream == STDERR else frames.OUTPUT
            for at in range(0, len(data), CHUNK):
                writer.write(frames.pack(channel, data[at : at + CHUNK]))
            await writer.drain()
        writer.write(frames.pack(frames.END, str(await far.exit_code()).encode()))
        await writer.drain()
