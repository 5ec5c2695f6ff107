"""Files for a unit in which nothing can run: archives, for the engine to put in their place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from contextlib import closing

from devenv.errors import DevenvError
from devenv.sync import archive
from devenv.sync.archive import Meta
from devenv.sync.diff import Change
from devenv.sync.reading import Reader
from devenv.sync.tree import Entry, File, Folder, Link, walk

LIMIT = 64 * 1024 * 1024
"""Bytes of one archive, which is held in memory."""


Put = Callable[[bytes], Awaitable[None]]
"""Puts an archive into a unit, at "/". Raises DevenvError."""


async def put_all(
    put: Put, root: str, send: Iterable[Change], target: str, names: Mapping[str, str] | None
) -> None:
    """Put what is new or changed below a target. Raises DevenvError."""
    with closing(deposited(root, send, target, names or {})) as archives:
        while (data := await asyncio.to_thread(next, archives, None)) is not None:
            await put(data)


def deposited(
    root: str, changes: Iterable[Change], target: str, names: Mapping[str, str]
) -> Generator[bytes, None, None]:
    """Make uncompressed archives of what is new or changed, with paths from "/" on.

    Nothing is deleted by them. Raises DevenvError where a file is too large for one.
    """
    made = bytearray()
    with closing(Reader(root)) as reader:
        for path, entry in _entries(changes):
            name = f"{target}/{path}".lstrip("/")
            packed = _packed(reader, names.get(path, path), name, entry)
            if made and len(made) + len(packed) > LIMIT:
                yield bytes(made) + archive.END
                made.clear()
            made += packed
    if made:
        yield bytes(made) + archive.END


def _entries(changes: Iterable[Change]) -> Iterable[tuple[str, Entry]]:
    for change in changes:
        if change.new is not None:
            yield change.path, change.new
            yield from walk(change.new, change.path)


def _packed(reader: Reader, path: str, name: str, entry: Entry) -> bytes:
    if isinstance(entry, Folder):
        return archive.folder(name, Meta(entry.mode))
    if isinstance(entry, Link):
        return archive.link(name, entry.target, Meta(0o777))
    return _file(reader, path, name) if isinstance(entry, File) else b""


def _file(reader: Reader, path: str, name: str) -> bytes:
    try:
        opened = reader.open(path)
    except OSError:
        return b""
    if opened is None:
        return b""
    with closing(opened):
        if opened.entry.size > LIMIT:
            raise DevenvError(f"{path} is too large for a container in which no receiver runs")
        meta = Meta(opened.entry.mode, opened.owner, opened.group, opened.entry.mtime // 10**9)
        return archive.file(name, b"".join(opened.pieces()), meta)
