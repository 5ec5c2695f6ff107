"""What arrives over a connection that was given up, while the next one is at work."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from devenv.errors import DevenvError
from devenv.sync.link import BrokenError, Link, Stream
from devenv.sync.mirror import Mirror, Way
from devenv.sync.reading import PIECE
from tests.sync.pipes import Pipe, linked, pipe
from tests.sync.test_faults import Still
from tests.sync.worlds import listing

FRAMES = 6
"""Those of what is sent here."""


class Held:
    """A network that holds back what is said from a frame on, and delivers it later."""

    def __init__(self, inner: Pipe, frame: int) -> None:
        self._inner = inner
        self._left = frame
        self._kept = b""
        self.holds = asyncio.Event()

    async def read(self) -> bytes:
        return await self._inner.read()

    async def write(self, data: bytes) -> None:
        self._left -= 1
        if self._left >= 0:
            await self._inner.write(data)
        else:
            self._kept += data
            self.holds.set()

    async def deliver(self) -> None:
        """Let it arrive, and be answered."""
        kept, self._kept = self._kept, b""
        if kept:
            await self._inner.write(kept)
            await self._inner.read()

    async def close(self) -> None:
        """Nothing is known of that at the other end."""

    async def end(self) -> None:
        await self._inner.close()


class Before:
    """A stream before a frame of which something happens."""

    def __init__(self, inner: Pipe, frame: int, what: Callable[[], Awaitable[None]]) -> None:
        self._inner = inner
        self._left = frame
        self._what = what

    async def read(self) -> bytes:
        return await self._inner.read()

    async def write(self, data: bytes) -> None:
        if self._left == 0:
            await self._what()
        self._left -= 1
        await self._inner.write(data)

    async def close(self) -> None:
        await self._inner.close()


def test_a_receiver_that_ends_is_not_waited_for(tmp_path: Path) -> None:
    async def main() -> None:
        async with linked() as link:
            await link.at(str(tmp_path / "dst"))
            (tmp_path / "dst").rmdir()
            with pytest.raises(BrokenError, match="No such file"):
                await link.look(["page"])

    asyncio.run(main())


@pytest.mark.parametrize("frame", range(FRAMES))
@pytest.mark.parametrize("held", range(FRAMES))
def test_what_comes_late_spoils_nothing(tmp_path: Path, held: int, frame: int) -> None:
    source, target = tmp_path / "src", tmp_path / "dst"
    source.mkdir()
    (source / "page").write_text("one")
    (source / "large").write_bytes(os.urandom(PIECE + 1))

    async def bring(stream: Stream) -> bool:
        """Whether all is there, as far as anybody knows."""
        link, mirror = Link(stream), Mirror(Still(source), Way(str(target)))
        try:
            await mirror.bring(link)
        except DevenvError:
            return False
        finally:
            await link.close()
        return mirror.refusals == 0

    async def main() -> None:
        late = Held(await pipe(), held)
        earlier = asyncio.create_task(bring(late))
        await asyncio.wait(
            {earlier, asyncio.create_task(late.holds.wait())}, return_when=asyncio.FIRST_COMPLETED
        )
        earlier.cancel()
        (source / "page").write_text("two")
        (source / "large").write_bytes(os.urandom(PIECE + 1))
        is_there = await bring(Before(await pipe(), frame, late.deliver))
        await late.deliver()
        await late.end()
        assert is_there or await bring(await pipe())
        assert listing(target) == listing(source)

    asyncio.run(main())
