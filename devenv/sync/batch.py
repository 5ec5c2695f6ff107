"""From changes to frames for a receiver: archives of bounded size, and the list of what to do."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from devenv.sync import archive
from devenv.sync.archive import Meta
from devenv.sync.diff import Change
from devenv.sync.reading import PIECE, Opened, Reader
from devenv.sync.steps import Expected, Steps
from devenv.sync.tree import EMPTY, Edit, Entry, File, Folder, Link, Odd, count_files, walk

Packing = Generator["Frame", None, Entry | None]


@dataclass(frozen=True, slots=True)
class Frame:
    """``verb`` is part, chunk, hole or batch (the last one).

    ``path``: the file that a chunk or a hole is of; ``steps``: how many a receiver has to take.
    """

    verb: str
    data: bytes
    path: str = ""
    steps: int = 0


class Batch:
    """Changes on their way. Once ``frames`` has ended, it says what was packed.

    ``edits``: what is there from now on; ``modes``: of folders that were there before.
    ``unsettled``: files to be looked at again, as they changed; ``unreadable``: and why.
    ``files`` is how many of the ``total`` are packed, ``bytes`` what is in them.
    """

    def __init__(
        self,
        root: str,
        changes: Sequence[Change],
        names: Mapping[str, str] | None = None,
        expected: Expected = lambda _path, _entry: None,
    ) -> None:
        """``names``: what a path is called in the source where it has another name there."""
        self.edits: list[Edit] = []
        self.modes: dict[str, int] = {}
        self.unsettled: list[str] = []
        self.unreadable: dict[str, str] = {}
        self.files = 0
        self.total = sum(count_files(change.new) or 1 for change in changes)
        self.bytes = 0
        self._root = root
        self._owner = os.stat(root)
        self._changes = changes
        self._names = names or {}
        self._steps = Steps(expected)
        self._pending = bytearray()

    def __len__(self) -> int:
        """Count the entries to be packed."""
        return sum(1 for change in self._changes for _ in (change, *walk(change.new or EMPTY)))

    def frames(self) -> Iterator[Frame]:
        """Read the files and yield the frames. Raises OSError where there is no root."""
        with closing(Reader(self._root)) as reader:
            for change in self._changes:
                yield from self._change(reader, change)
        lines = self._steps.lines()
        listed = "".join(f"{line}\n" for line in lines).encode()
        self._pending += archive.file("list", listed, Meta(0o600)) + archive.END
        yield Frame("batch", bytes(self._pending), steps=len(lines))

    def _change(self, reader: Reader, change: Change) -> Iterator[Frame]:
        folder, _, name = change.path.rpartition("/")
        old, new = change.old, change.new
        if isinstance(new, Odd):
            return
        if isinstance(old, Folder) and isinstance(new, Folder):
            self.modes[change.path] = new.mode
            self._steps.mode(change.path, new.mode)
            return
        if new is None:
            if old is not None:
                self._steps.remove(change.path, old)
            self.edits.append(Edit(change.path, None))
            self.files += 1
            return
        number = self._steps.number(folder)
        if not self._steps.is_used(folder):
            self._pending += archive.folder(str(number))
        packed = yield from self._pack(reader, change.path, f"{number}/{name}", new)
        if packed is not None:
            self._steps.place(change.path, old, new)
            self.edits.append(Edit(change.path, packed))

    def _pack(self, reader: Reader, path: str, staged: str, entry: Entry) -> Packing:
        """Pack an entry with all below it; return it as it was packed, None if it was not."""
        if len(self._pending) >= PIECE:
            yield self._flushed()
        if isinstance(entry, Folder):
            self._pending += archive.folder(staged, self._meta(entry.mode))
            inner: dict[str, Entry] = {}
            for name, one in entry.entries.items():
                packed = yield from self._pack(reader, f"{path}/{name}", f"{staged}/{name}", one)
                if packed is not None:
                    inner[name] = packed
            return Folder(entry.mode, entry.inode, inner)
        if isinstance(entry, Link):
            self._pending += archive.link(staged, entry.target, self._meta(0o777))
            self.files += 1
            return entry
        if isinstance(entry, File):
            return (yield from self._file(reader, path, staged, entry))
        return None

    def _file(self, reader: Reader, path: str, staged: str, entry: File) -> Packing:
        try:
            opened = reader.open(self._names.get(path, path))
        except OSError as error:
            self.unreadable[path] = error.strerror or "it cannot be read"
            return None
        if opened is None:
            return None
        with closing(opened):
            if opened.entry.size > PIECE:
                yield from self._large(opened, staged)
            else:
                content = b"".join(opened.pieces())
                self._pending += archive.file(staged, content, _meta_of(opened))
            if not opened.is_same():
                self.unsettled.append(path)
                return None
        self.files += 1
        self.bytes += opened.entry.size
        packed = opened.entry._replace(edition=entry.edition)
        if packed != entry:  # another name of it came or went, of which no event tells
            self.unsettled.append(path)
        return packed

    def _large(self, opened: Opened, staged: str) -> Iterator[Frame]:
        self._pending += archive.file(staged, b"", _meta_of(opened))
        yield self._flushed()
        for span in opened.spans():
            if not opened.is_same():
                return  # what is left of it would be of no use
            if isinstance(span, int):
                yield Frame("hole", str(span).encode(), staged)
            else:
                yield Frame("chunk", span, staged)

    def _flushed(self) -> Frame:
        frame = Frame("part", bytes(self._pending) + archive.END)
        self._pending.clear()
        return frame

    def _meta(self, mode: int) -> Meta:
        return Meta(mode, self._owner.st_uid, self._owner.st_gid, int(self._owner.st_mtime))


def _meta_of(opened: Opened) -> Meta:
    entry = opened.entry
    return Meta(entry.mode, opened.owner, opened.group, entry.mtime // 1_000_000_000)
