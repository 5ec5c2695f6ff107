"""Both directions of what runs in an engine: its input, its output, its terminal, its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field

from devenv.errors import DevenvError
from devenv.runtimes.docker.address import Address
from devenv.runtimes.docker.connection import AwayError, RefusedError
from devenv.runtimes.docker.frames import HEADER, STDOUT
from devenv.runtimes.docker.stream import READ, Streams, query, request

NO_DETACHING = ",".join(["ctrl-^"] * 8)
"""The engine always has keys to leave a terminal. Ours are the client's: these nobody types."""
BROKEN = "the engine ended the connection"


@dataclass(frozen=True, slots=True)
class Target:
    """What a connection leads to: ``path`` of the engine's API, ``tty``: it has a terminal.

    ``ended`` waits for its end and gives the exit code; ``leave`` is closed with the connection.
    """

    address: Address
    path: str
    tty: bool
    ended: Callable[[], Awaitable[int]]
    leave: AsyncExitStack = field(default_factory=AsyncExitStack)


class Duplex:
    r"""One open connection; held as long as wanted, closed by ``aclose``.

    What is written goes to the input of the command as it stands, ``read`` gives its output in
    pieces as they come, and nothing is bounded or lost: who does not read makes it wait. Reading
    and writing may be done by two tasks, each by one at a time.

        command = Command(("sh",), takes_input=True)
        async with aclosing(await runtime.commands.open_exec(id, replica, command)) as shell:
            await shell.write(b"echo hello; exit 3\n")
            stream, data = await shell.read()    # (STDOUT, b"hello\n")
            await shell.read()                   # None: it has closed its output
            await shell.exit_code()              # 3

    AwayError: the connection broke.
    """

    def __init__(self, streams: Streams, target: Target) -> None:
        self._reader, self._writer = streams
        self._target = target
        self._stream, self._left = STDOUT, 0

    async def read(self) -> tuple[int, bytes] | None:
        """The next bytes of STDOUT or STDERR (a terminal has only STDOUT); None: the end."""
        try:
            if not self._target.tty and not self._left:
                head = await self._reader.readexactly(HEADER.size)
                self._stream, self._left = HEADER.unpack(head)
            data = await self._reader.read(READ if self._target.tty else min(READ, self._left))
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise AwayError(BROKEN) from error
            return None
        except OSError as error:
            raise AwayError(BROKEN) from error
        if self._target.tty:
            return (STDOUT, data) if data else None
        self._left -= len(data)
        if self._left and not data:
            raise AwayError(BROKEN)
        return self._stream, data

    async def write(self, data: bytes) -> None:
        """Give input; returns when there is room for more."""
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise AwayError(BROKEN) from error

    def end_input(self) -> None:
        """Let the command find the end of its input; its output goes on.

        DevenvError over TLS, where one direction cannot be closed alone.
        """
        if not self._writer.can_write_eof():
            raise DevenvError("the input of a command cannot be ended over TLS")
        with suppress(OSError):  # it has ended already
            self._writer.write_eof()

    async def resize(self, columns: int, rows: int) -> None:
        """Tell the size of the terminal; nothing to a command that has none, or has ended."""
        if not self._target.tty:
            return
        path = f"{self._target.path}/resize?{query(w=columns, h=rows)}"
        with suppress(RefusedError):
            async with request(self._target.address, "POST", path) as (reader, _):
                await reader.read()

    async def exit_code(self) -> int:
        """Wait for the end of what runs: its code as a shell says it."""
        return await self._target.ended()

    def on_close(self, work: Callable[[], Awaitable[None]]) -> None:
        """Have something done when it is left."""
        self._target.leave.push_async_callback(work)

    async def aclose(self) -> None:
        """Leave. A command that goes on finds the end of its input."""
        self._writer.close()
        await self._target.leave.aclose()
