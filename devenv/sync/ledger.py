"""What both sides have, on disk: what a daemon that died knew is where the next one begins."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from devenv.sync.tree import EMPTY, Edit, Entry, File, Folder, Link, walk

VERSION = 1
LINES = 20_000
"""Lines that may be added before the file is to be written anew."""

Fields = list[int | str]


class Ledger:
    """One file: a line for the container that it is of, then one for each entry or change.

    A line that is torn ends it: what it does not tell of is found out by a comparison. A disk that
    is full costs the file only.
    """

    def __init__(self, path: Path, container: str) -> None:
        self._path = path
        self._head = {"version": VERSION, "container": container}
        self._lines = 0

    def read(self) -> Folder | None:
        """Return what the container had at last; None: nothing is known of it."""
        try:
            with self._path.open() as file:
                return _replayed(file) if json.loads(file.readline()) == self._head else None
        except (OSError, ValueError, TypeError):
            return None

    def begin(self, tree: Folder) -> None:
        """Write all anew."""
        new = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(new, "w", opener=_private) as file:
                file.write(json.dumps(self._head) + "\n")
                file.writelines(_lines(Edit("", tree)))
            new.replace(self._path)
            self._lines = 0
        except OSError:
            self._forget()

    def add(self, edits: Iterable[Edit], modes: Mapping[str, int]) -> None:
        """Write down what has arrived."""
        lines = [line for edit in edits for line in _lines(edit)]
        lines += [_line(path, ["mode", mode]) for path, mode in modes.items()]
        self._lines += len(lines)
        try:
            with self._path.open("r+") as file:
                file.seek(0, os.SEEK_END)
                file.writelines(lines)
        except OSError:
            self._forget()

    @property
    def is_long(self) -> bool:
        """Whether it is to be written anew."""
        return self._lines > LINES

    def _forget(self) -> None:
        with suppress(OSError):
            self._path.unlink()


class _Node:
    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.inner: dict[str, _Node] = {}


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _lines(edit: Edit) -> Iterator[str]:
    if edit.path:
        yield _line(edit.path, _fields(edit.entry))
    for path, entry in walk(edit.entry or EMPTY, edit.path):
        yield _line(path, _fields(entry))


def _line(path: str, fields: Fields) -> str:
    return json.dumps([path, *fields]) + "\n"


def _fields(entry: Entry | None) -> Fields:
    if isinstance(entry, File):
        return ["file", entry.size, entry.mtime, entry.inode, entry.mode, entry.ctime]
    if isinstance(entry, Link):
        return ["link", entry.target]
    if isinstance(entry, Folder):
        return ["folder", entry.mode, entry.inode]
    return ["none"]


def _replayed(lines: Iterable[str]) -> Folder:
    root = _Node(EMPTY)
    for line in lines:
        if not line.endswith("\n"):
            break
        path, kind, *values = json.loads(line)
        folder = root
        *above, name = path.split("/")
        for one in above:
            folder = folder.inner.setdefault(one, _Node(EMPTY))
        if kind == "mode" and name in folder.inner:
            folder.inner[name].entry = Folder(values[0])
        elif kind in _MADE:
            folder.inner[name] = _Node(_MADE[kind](*values))
        else:
            folder.inner.pop(name, None)
    made = _frozen(root)
    assert isinstance(made, Folder)
    return made


_MADE = {"file": File, "link": Link, "folder": Folder}


def _frozen(node: _Node) -> Entry:
    if not isinstance(node.entry, Folder):
        return node.entry
    entries = {name: _frozen(inner) for name, inner in node.inner.items()}
    return Folder(node.entry.mode, node.entry.inode, entries)
