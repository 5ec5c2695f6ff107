"""Files for a unit in which nothing can run: one archive, for the engine to put in its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing

from devenv.errors import DevenvError
from devenv.sync import archive
from devenv.sync.archive import Meta
from devenv.sync.diff import Change
from devenv.sync.reading import Reader
from devenv.sync.tree import Entry, File, Folder, Link, walk

LIMIT = 64 * 1024 * 1024
"""Bytes of one archive, which is held in memory."""


def deposited(root: str, changes: Iterable[Change], target: str, names: Mapping[str, str]) -> bytes:
    """Make an uncompressed archive of what is new or changed, with paths from "/" on.

    Nothing is deleted by it. Raises DevenvError where it would be too large.
    """
    made = bytearray()
    with closing(Reader(root)) as reader:
        for path, entry in _entries(changes):
            name = f"{target}/{path}".lstrip("/")
            made += _packed(reader, names.get(path, path), name, entry)
            if len(made) > LIMIT:
                raise DevenvError("too much has changed for a container in which no receiver runs")
    return bytes(made) + archive.END if made else b""


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
