"""What a source tree looks like: frozen, so that what did not change is the same object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple


class File(NamedTuple):
    """A file by its state: another size, inode, mode or time means that it may have changed."""

    size: int
    mtime: int
    """Nanoseconds since the epoch."""
    inode: int
    mode: int
    """Permission bits."""
    ctime: int = 0
    """Nanoseconds since the epoch; a write that sets the other time back changes this one."""
    edition: int = 0
    """Counts the looks at it for which its times could not tell whether it had changed."""


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link, never followed."""

    target: str


@dataclass(frozen=True, slots=True)
class Odd:
    """What cannot be sent, and why: a socket, a device, a folder that may not be read.

    ``is_unread``: it could be sent if it were readable.
    """

    why: str
    is_unread: bool = False


@dataclass(frozen=True, slots=True)
class Folder:
    """``inode`` tells a folder from another one that has taken its place."""

    mode: int = 0o755
    inode: int = field(default=0, compare=False)
    entries: Mapping[str, Entry] = field(default_factory=dict)


Entry = File | Link | Odd | Folder
EMPTY = Folder()


def at(tree: Folder, path: str) -> Entry | None:
    """Return what is at a relative path; "" is the tree itself."""
    found: Entry | None = tree
    for name in path.split("/") if path else ():
        found = found.entries.get(name) if isinstance(found, Folder) else None
    return found


def above(path: str) -> Iterator[str]:
    """Yield the folders that a path is in, the topmost first; not the tree itself."""
    parts = path.split("/")
    return ("/".join(parts[:end]) for end in range(1, len(parts)))


def walk(entry: Entry, path: str = "") -> Iterator[tuple[str, Entry]]:
    """Yield every entry below ``entry`` with its path, a folder before what is in it."""
    if not isinstance(entry, Folder):
        return
    for name, inner in entry.entries.items():
        below = f"{path}/{name}" if path else name
        yield below, inner
        yield from walk(inner, below)


def count_files(entry: Entry | None) -> int:
    """Count what is not a folder, ``entry`` itself too."""
    if isinstance(entry, Folder):
        return sum(count_files(inner) for inner in entry.entries.values())
    return 0 if entry is None else 1


@dataclass(frozen=True, slots=True)
class Edit:
    """What a path is from now on; None: nothing."""

    path: str
    entry: Entry | None


def edited(tree: Folder, edits: Iterable[Edit]) -> Folder:
    """Make the tree with those edits; each folder on the way is copied once."""
    root: Branch = {}
    for edit in edits:
        branch = root
        for name in edit.path.split("/"):
            inner = branch.setdefault(name, {})
            assert isinstance(inner, dict)
            branch = inner
        branch[ITSELF] = edit
    made = _grafted(tree, root)
    return made if isinstance(made, Folder) else EMPTY


def with_modes(tree: Folder, modes: Mapping[str, int]) -> Folder:
    """Make the tree in which these folders have another mode."""
    for path, mode in modes.items():
        found = at(tree, path)
        if isinstance(found, Folder):
            tree = edited(tree, [Edit(path, replace(found, mode=mode))])
    return tree


Branch = dict[str, "Branch | Edit"]
ITSELF = ""
"""The key of the edit of a branch itself; no name is empty."""


def _grafted(before: Entry | None, branch: Branch) -> Entry | None:
    own = branch.get(ITSELF)
    entry = own.entry if isinstance(own, Edit) else before
    if isinstance(own, Edit) and not isinstance(entry, Folder):
        return entry
    folder = entry if isinstance(entry, Folder) else EMPTY
    entries = dict(folder.entries)
    for name, inner in branch.items():
        made = _grafted(entries.get(name), inner) if isinstance(inner, dict) else None
        if made is not None:
            entries[name] = made
        elif name != ITSELF:
            entries.pop(name, None)
    return replace(folder, entries=entries) if entries or entry is not None else None
