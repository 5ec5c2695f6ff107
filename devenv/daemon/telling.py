"""Work whose lines of progress a client is joined to, as to a command that runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from devenv.daemon.bridges import STDERR
from devenv.errors import DevenvError
from devenv.runtimes.protocol import Report


class Telling:
    """Begins ``work`` at once; a failure is told in words, and is its exit code."""

    def __init__(self, work: Callable[[Report], Awaitable[None]]) -> None:
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._done(work))

    async def read(self) -> tuple[int, bytes] | None:
        line = await self._lines.get()
        return None if line is None else (STDERR, f"{line}\n".encode())

    async def write(self, data: bytes) -> None:
        """Take no input."""

    def end_input(self) -> None:
        """Take no input."""

    async def resize(self, columns: int, rows: int) -> None:
        """Have no terminal."""

    async def exit_code(self) -> int:
        return await self._task

    async def aclose(self) -> None:
        self._task.cancel()

    async def _done(self, work: Callable[[Report], Awaitable[None]]) -> int:
        try:
            await work(self._lines.put_nowait)
        except DevenvError as error:
            self._lines.put_nowait(error.message)
            if error.hint:
                self._lines.put_nowait(error.hint)
            return error.exit_code
        finally:
            self._lines.put_nowait(None)
        return 0
