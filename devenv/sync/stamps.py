"""What a target's files are known by without being read: who wrote to one shows in its stamp."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from devenv.sync.contents import OTHER
from devenv.sync.diff import Change, Content, Contents
from devenv.sync.reading import PIECE
from devenv.sync.tree import EMPTY, Entry, File, Folder, at, walk


def sent(entry: File) -> str:
    """The stamp of a file that was sent: its size, and its time where it came in one piece."""
    if entry.size > PIECE:
        return str(entry.size)
    return f"{entry.size} {max(0, entry.mtime // 1_000_000_000)}"


def is_like(stamp: str, there: Content) -> bool:
    """Tell whether a file of a target has that stamp."""
    return stamp in {str(there.size), f"{there.size} {there.mtime}"}


class Stamps:
    """The stamps of one target's files. ``assumed``: files that nobody has looked at there."""

    def __init__(self, assumed: Folder) -> None:
        self._assumed = assumed
        self._own: dict[str, str] = {}

    def expected(self, path: str, entry: Entry | None) -> str | None:
        """The stamp of what the target is taken to have; None: nobody knows it."""
        if not isinstance(entry, File) or entry == OTHER:
            return None
        if path in self._own:
            return self._own[path]
        return None if at(self._assumed, path) is entry else sent(entry)

    def is_changed(self, path: str, entry: Entry, there: Content) -> bool:
        """Tell whether the target has written to a file by itself."""
        expected = self.expected(path, entry)
        return expected is not None and not is_like(expected, there)

    def looked(self, agreed: Mapping[str, Entry], target: Contents, *, at_all: bool) -> None:
        """Take in what was found of these. ``at_all``: they are all that the target has."""
        if at_all:
            self._assumed = EMPTY
            self._own.clear()
        for path, entry in agreed.items():
            there = target.get(path)
            if isinstance(entry, File) and entry != OTHER and there is not None:
                self._own[path] = f"{there.size} {there.mtime}"
                if at(self._assumed, path) is not entry and is_like(sent(entry), there):
                    del self._own[path]

    def carried(self, changes: Iterable[Change]) -> None:
        """Take in that these are there as they were sent."""
        for change in changes if self._own else ():
            for entry in (change.old, change.new):
                for path in (change.path, *(path for path, _ in walk(entry or EMPTY, change.path))):
                    self._own.pop(path, None)
