"""The way into one unit: a receiver behind a stream, one frame and one answer at a time."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, Collection, Iterable, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Protocol

from devenv.errors import DevenvError
from devenv.sync.batch import Batch, Frame
from devenv.sync.diff import Content
from devenv.sync.steps import word

RECEIVER = Path(__file__).with_name("receiver.sh")
PATIENCE = 30.0
"""Seconds that a receiver has for an answer."""
HASHED = 10_000_000
"""Bytes that a receiver under load hashes in a second."""
STEPS = 100
"""Steps of a batch that a receiver under load takes in a second."""
INLINE = 64
"""Changes that are packed right here: a thread costs more."""
LINES = 100
"""Lines that one name may have."""
LIMIT = 64 * 1024 * 1024
"""Bytes of one answer."""


class Stream(Protocol):
    """A command in a unit, by its standard input and output."""

    async def read(self) -> bytes:
        """Return what it writes; b"" at its end. Raises DevenvError when the connection is cut."""
        ...

    async def write(self, data: bytes) -> None: ...

    async def close(self) -> None: ...


class BrokenError(DevenvError):
    """The stream has ended: the receiver, its unit or the connection is gone."""


class RefusedError(DevenvError):
    """The receiver could not do what a batch asked for; nothing or a part of it is done."""


class ChangedError(RefusedError):
    """What a batch is about is not as it was sent; nothing is done."""


REFUSALS = b"ended ", b"failed "
"""How a receiver begins that cannot say what is there."""
CHANGED = "is not as it was sent"
"""How a receiver's words for that end."""


def command() -> tuple[str, ...]:
    """What has to run in a unit."""
    return ("sh", "-c", RECEIVER.read_text())


class Link:
    """One receiver. After BrokenError it is of no use. ``moved``: bytes, in both directions."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffer = b""
        self._root = ""
        self.user = -1
        self.generation = 0
        self.moved = 0

    async def at(self, root: str) -> None:
        """Work below a folder of the unit, which is made if need be."""
        if root == self._root:
            return
        self._root = ""
        answer = await self._ask(f"root {word(root)}\n".encode())
        self._root, self.user = root, int(answer)

    async def send(self, batch: Batch) -> None:
        """Send a batch; return when it is in place. Raises RefusedError or BrokenError."""
        self.generation += 1
        try:
            async with aclosing(_ahead(batch.frames(), few=len(batch) < INLINE)) as frames:
                async for frame in frames:
                    await self._frame(frame)
        except RefusedError:
            await self._ask(f"drop {self.generation}\n".encode())
            raise

    async def look(self, paths: Iterable[str], size: int = 0) -> dict[str, Content]:
        """Compare: what is at those paths of the unit; links have no text.

        ``size``: bytes of all that is to be read there.
        """
        self.generation += 1
        asked = [path.encode(errors="surrogateescape") for path in paths]
        names = b"".join(name + b"\0" for name in asked)
        await self._write(self._head("look", names) + names)
        end = f"\nend {self.generation}\n".encode()
        while not self._buffer.endswith(end):
            await self._more(PATIENCE + size / HASHED)
            if self._buffer.startswith(REFUSALS) and self._buffer.endswith(b"\n"):
                _, _, why = self._buffer.partition(b" ")
                raise BrokenError(why.decode("utf-8", "replace").strip())
        text, self._buffer = self._buffer[: -len(end)], b""
        return parse(text, set(asked))

    async def close(self) -> None:
        await self._stream.close()

    async def _frame(self, frame: Frame) -> None:
        head = self._head(frame.verb, frame.data, word(frame.path) if frame.path else "")
        answer = await self._ask(head + frame.data, PATIENCE + frame.steps / STEPS)
        expected = str(self.generation)
        if frame.verb == "batch":
            expected += f" {hashlib.sha256(frame.data).hexdigest()}"
        if answer != expected:
            raise BrokenError(f"the receiver answers {answer!r} to {expected!r}")

    def _head(self, verb: str, data: bytes, rest: str = "") -> bytes:
        digest = hashlib.sha256(data).hexdigest()
        return f"{verb} {self.generation} {len(data)} {digest} {rest}\n".encode()

    async def _ask(self, data: bytes, patience: float = PATIENCE) -> str:
        await self._write(data)
        while b"\n" not in self._buffer:
            await self._more(patience)
        line, _, self._buffer = self._buffer.partition(b"\n")
        verdict, _, text = line.decode("utf-8", "replace").partition(" ")
        if verdict != "ok":
            said = text.strip() or "the receiver failed"
            if verdict == "ended":
                raise BrokenError(said)
            raise ChangedError(said) if said.endswith(CHANGED) else RefusedError(said)
        return text.strip()

    async def _write(self, data: bytes) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._stream.write(data)
        except TimeoutError as error:
            raise BrokenError("the receiver takes nothing any more") from error
        self.moved += len(data)

    async def _more(self, patience: float = PATIENCE) -> None:
        try:
            async with asyncio.timeout(patience):
                data = await self._stream.read()
        except TimeoutError as error:
            raise BrokenError("the receiver does not answer") from error
        if not data:
            raise BrokenError("the receiver has ended")
        self.moved += len(data)
        self._buffer += data
        if len(self._buffer) > LIMIT:
            raise BrokenError("the receiver says too much")


async def _ahead(frames: Iterator[Frame], *, few: bool) -> AsyncGenerator[Frame, None]:
    """Yield the frames; while one is on its way, a thread packs the next."""
    if few:
        for frame in frames:
            yield frame
        return
    packing = _packing(frames)
    try:
        while (packed := await packing) is not None:
            packing = _packing(frames)
            yield packed
    finally:
        packing.cancel()


def _packing(frames: Iterator[Frame]) -> asyncio.Task[Frame | None]:
    return asyncio.create_task(asyncio.to_thread(next, frames, None))


_STATE = re.compile(rb"([0-9a-f]{3,8}) (\d+) (-?\d+) (.+)", re.DOTALL)
_HASH = re.compile(rb"(\\?)([0-9a-f]{64}) [ *](.+)", re.DOTALL)
_KINDS = {0o100000: "file", 0o120000: "link", 0o040000: "folder"}


def parse(text: bytes, asked: Collection[bytes]) -> dict[str, Content]:
    """Read what a receiver says of the files that it was asked about. Pure.

    A name may have newlines in it: which lines it has is found by what was asked.
    """
    states: dict[bytes, tuple[int, int, int]] = {}
    hashes: dict[bytes, str] = {}
    lines = text.split(b"\n")
    for number, line in enumerate(lines):
        if found := _HASH.fullmatch(line):
            start = _unescaped(found[3]) if found[1] else found[3]
            if (name := _whole(start, lines, number, asked)) is not None:
                hashes[name] = found[2].decode()
        elif (found := _STATE.fullmatch(line)) and (
            name := _whole(found[4], lines, number, asked)
        ) is not None:
            states[name] = int(found[1], 16), int(found[2]), int(found[3])
    contents: dict[str, Content] = {}
    for path, (mode, size, mtime) in states.items():
        kind = _KINDS.get(mode & 0o170000, "other")
        digest = hashes.get(path, "") if kind == "file" else ""
        content = Content(kind, mode & 0o7777, digest, size, mtime)
        contents[path.decode(errors="surrogateescape")] = content
    return contents


def _whole(
    start: bytes, lines: Sequence[bytes], number: int, asked: Collection[bytes]
) -> bytes | None:
    """The name that begins in a line: the longest before the next entry that was asked about."""
    found = start if start in asked else None
    for line in lines[number + 1 : number + 1 + LINES]:
        if found is not None and (_HASH.fullmatch(line) or _STATE.fullmatch(line)):
            return found
        start += b"\n" + line
        found = start if start in asked else found
    return found


def _unescaped(name: bytes) -> bytes:
    """Undo what sha256sum does to a name with a newline or a backslash in it."""
    return re.sub(rb"\\(.)", lambda m: b"\n" if m[1] == b"n" else m[1], name)
