"""A receiver in a local shell: the same script that runs in a container, over pipes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from devenv.errors import DevenvError
from devenv.sync.link import Link, command


class Pipe:
    """The Stream of a local process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def read(self) -> bytes:
        assert self.process.stdout is not None
        return await self.process.stdout.read(65536)

    async def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(data)
            await self.process.stdin.drain()
        except OSError as error:
            raise DevenvError("the pipe is broken") from error

    async def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.process.wait()


async def pipe(words: Sequence[str] = (), directory: Path | None = None) -> Pipe:
    """Start a receiver. ``words``: what takes the place of ``sh``."""
    script = command()
    started = [*words, *(script[1:] if words[:1] == ("bash",) else script)]
    process = await asyncio.create_subprocess_exec(
        *started,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=directory,
    )
    return Pipe(process)


@asynccontextmanager
async def linked() -> AsyncIterator[Link]:
    """A link to a receiver in a local shell."""
    stream = await pipe()
    try:
        yield Link(stream)
    finally:
        await stream.close()
