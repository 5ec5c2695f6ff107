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
from devenv.sync.report import Sent
from devenv.sync.tree import Entry, File, Folder, Link, walk

LIMIT = 64 * 1024 * 1024
"""Bytes of one archive, which is held in memory."""

Packed = tuple[bytes, Sent]
"""A piece of an archive, and what is in it."""
NOTHING: Packed = (b"", Sent())
Put = Callable[[bytes], Awaitable[None]]
"""Puts an archive into a unit, at "/". Raises DevenvError."""


async def put_all(
    put: Put, root: str, send: Iterable[Change], target: str, names: Mapping[str, str] | None
) -> Sent:
    """Put what is new or changed below a target; return what that was. Raises DevenvError."""
    total = Sent()
    with closing(deposited(root, send, target, names or {})) as archives:
        while (made := await asyncio.to_thread(next, archives, None)) is not None:
            data, sent = made
            await put(data)
            total = total.with_more(sent)
    return total


def deposited(
    root: str, changes: Iterable[Change], target: str, names: Mapping[str, str]
) -> Generator[Packed, None, None]:
    """Make uncompressed archives of what is new or changed, with paths from "/" on.

    Nothing is deleted by them. Raises DevenvError where a file is too large for one.
    """
    made, sent = bytearray(), Sent()
    with closing(Reader(root)) as reader:
        for path, entry in _entries(changes):
            name = f"{target}/{path}".lstrip("/")
            packed, more = _packed(reader, names.get(path, path), name, entry)
            if made and len(made) + len(packed) > LIMIT:
                yield bytes(made) + archive.END, sent
                made, sent = bytearray(), Sent()
            made += packed
            sent = sent.with_more(more)
    if made:
        yield bytes(made) + archive.END, sent


def _entries(changes: Iterable[Change]) -> Iterable[tuple[str, Entry]]:
    for change in changes:
        if change.new is not None:
            yield change.path, change.new
            yield from walk(change.new, change.path)


def _packed(reader: Reader, path: str, name: str, entry: Entry) -> Packed:
    if isinstance(entry, Folder):
        return archive.folder(name, Meta(entry.mode)), Sent()
    if isinstance(entry, Link):
        return archive.link(name, entry.target, Meta(0o777)), Sent(1)
    return _file(reader, path, name) if isinstance(entry, File) else NOTHING


def _file(reader: Reader, path: str, name: str) -> Packed:
    try:
        opened = reader.open(path)
    except OSError:
        return NOTHING
    if opened is None:
        return NOTHING
    with closing(opened):
        if opened.entry.size > LIMIT:
            raise DevenvError(f"{path} is too large for a container in which no receiver runs")
        meta = Meta(opened.entry.mode, opened.owner, opened.group, opened.entry.mtime // 10**9)
        content = b"".join(opened.pieces())
        return archive.file(name, content, meta), Sent(1, len(content))
