"""What both sides are compared by, and the tree that a comparison shows a target to have."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

from devenv.sync.diff import Change, Comparison, Content, Contents, paths_of
from devenv.sync.reading import Reader
from devenv.sync.tree import EMPTY, Edit, Entry, File, Folder, Link, edited, with_modes

OTHER = File(-1, 0, 0, 0)
"""Stands for a file that is not what the source has."""
UNKNOWN = -1
"""Stands for a mode that is not what the source has."""
UNREAD = "unread"
"""Stands for a hash that nobody knows: equal to none."""


def contents(
    root: str, wanted: Mapping[str, Entry], target: Contents, names: Mapping[str, str]
) -> dict[str, Content]:
    """What the source has of that. Only what the target has too is read and hashed.

    A file that is not as it is wanted any more, or cannot be read, is UNREAD.
    """
    found: dict[str, Content] = {}
    with closing(Reader(root)) as reader:
        for path, entry in wanted.items():
            there = target.get(path)
            if isinstance(entry, Folder):
                found[path] = Content("folder", entry.mode)
            elif isinstance(entry, Link):
                found[path] = Content("link", 0, entry.target)
            elif isinstance(entry, File):
                is_there = there is not None and there.kind == "file"
                digest = _hash(reader, names.get(path, path), entry) if is_there else ""
                found[path] = Content("file", entry.mode, digest)
    return found


def _hash(reader: Reader, path: str, entry: File) -> str:
    try:
        opened = reader.open(path)
    except OSError:
        return UNREAD
    if opened is None:
        return UNREAD
    with closing(opened):
        digest = hashlib.sha256()
        for piece in opened.pieces():
            digest.update(piece)
        is_it = opened.entry._replace(ctime=entry.ctime, edition=entry.edition) == entry
        return digest.hexdigest() if is_it and opened.is_same() else UNREAD


def shown(tree: Folder, target: Contents, comparison: Comparison) -> Folder:
    """The target's tree, as far as it is known: the source's own entries where they are equal."""
    return edited(_shown(tree, target, comparison, ""), _left(target, comparison))


def shown_of(
    agreed: Folder, todo: Iterable[Change], target: Contents, comparison: Comparison
) -> Folder:
    """The same of these paths alone, in a tree of which all else is agreed."""
    found: list[Edit] = []
    for change in todo:
        folder, _, name = change.path.rpartition("/")
        above = Folder(entries={} if change.new is None else {name: change.new})
        entry = _shown(above, target, comparison, folder).entries.get(name)
        found.append(Edit(change.path, entry))
    return edited(edited(agreed, found), _left(target, comparison))


def _left(target: Contents, comparison: Comparison) -> list[Edit]:
    """What is to be removed, as the target has it."""
    return [
        Edit(path, EMPTY if target[path].kind == "folder" else OTHER) for path in comparison.remove
    ]


def _shown(folder: Folder, target: Contents, comparison: Comparison, path: str) -> Folder:
    entries: dict[str, Entry] = {}
    for name, entry in folder.entries.items():
        below = f"{path}/{name}" if path else name
        there = target.get(below)
        if there is None:
            continue
        if isinstance(entry, Folder) and there.kind == "folder":
            inner = _shown(entry, target, comparison, below)
            mode = there.mode if below in comparison.send else entry.mode
            entries[name] = Folder(mode, entry.inode, inner.entries)
        elif below in comparison.send:
            entries[name] = EMPTY if there.kind == "folder" else OTHER
        elif isinstance(entry, Folder):
            entries[name] = replace(entry, entries={})  # what it has there instead stays
        else:
            entries[name] = entry
    return Folder(folder.mode, folder.inode, entries)


def begun(todo: Sequence[Change]) -> list[Edit]:
    """What a target may have from now on that it has never had: until that is known, the doubt."""
    fresh = ((change.path, change.new) for change in todo if change.old is None)
    return [edit for path, entry in fresh if entry is not None for edit in _doubts(path, entry)]


def doubted(agreed: Folder, todo: Sequence[Change]) -> Folder:
    """What is agreed when nobody knows how much of these changes was made."""
    modes: dict[str, int] = {}
    edits: list[Edit] = []
    for change in todo:
        if isinstance(change.old, Folder) and isinstance(change.new, Folder):
            modes[change.path] = UNKNOWN
        else:
            sides = [one for one in (change.old, change.new) if one is not None]
            edits += [edit for one in sides for edit in _doubts(change.path, one)]
    return edited(with_modes(agreed, modes), edits)


def _doubts(path: str, entry: Entry) -> Iterator[Edit]:
    return (Edit(one, OTHER) for one in paths_of(Change(path, entry, None)))
