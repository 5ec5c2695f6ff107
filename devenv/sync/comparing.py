"""A look at what a target has, compared by hash with its source and with what it had."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from devenv.sync.contact import Contact
from devenv.sync.contents import UNREAD, contents, shown, shown_of
from devenv.sync.diff import Change, Comparison, Conflict, Content, Contents, compare
from devenv.sync.link import Link
from devenv.sync.obstacles import Obstacles, obstacles, reached
from devenv.sync.stamps import Stamps
from devenv.sync.tree import Entry, File, Folder, at, walk

NOTHING = Content("")
"""What a target has where it is known to have nothing."""
CHANGED = "changed"
"""Stands for the hash of a file that the target has written to."""


@dataclass(frozen=True, slots=True)
class Side:
    """A source as it is read. ``names``: what paths are called there if not the same.

    ``since``: when its newest change was seen (monotonic).
    """

    root: str
    names: Mapping[str, str]
    since: float


@dataclass(frozen=True, slots=True)
class Compared:
    """``agreed``: what the target has of the source; ``own``: what it keeps, deleted there.

    ``obstacles``: what it keeps in place of folders.
    """

    agreed: Folder
    conflicts: tuple[Conflict, ...]
    own: tuple[str, ...]
    obstacles: Obstacles


async def compared(
    link: Link, side: Side, tree: Folder, contact: Contact, stamps: Stamps
) -> Compared:
    """Look what the target has of all that the source has, and of what it had."""
    wanted, had = dict(walk(tree)), dict(walk(contact.known))
    target = await _looked(link, had | wanted)
    source = await asyncio.to_thread(contents, side.root, wanted, target, side.names)
    same = _unchanged(had, wanted, source) if contact.is_same else set[str]()
    for path in same & target.keys():  # a receiver does not read links
        if target[path].kind == source[path].kind == "link":
            target[path] = source[path]
    before = _before(had, same, source, target, stamps)
    comparison = compare(before, source, target)
    agreed = shown(tree, target, comparison)
    stamps.looked(dict(walk(agreed)), target, at_all=True)
    return _result(agreed, comparison, wanted, target)


async def compared_again(
    link: Link, side: Side, agreed: Folder, todo: Sequence[Change], stamps: Stamps
) -> Compared:
    """Look at what is to be changed alone, of which something is not as it was sent."""
    news = [one for one in todo if not _is_mode(one)]
    wanted = {path: entry for one in news for path, entry in _below(one.path, one.new)}
    had = {path: entry for one in news for path, entry in _below(one.path, one.old)}
    target = await link.look(had | wanted, _size(had | wanted))
    source = await asyncio.to_thread(contents, side.root, wanted, target, side.names)
    fresh = {path: NOTHING for path, one in wanted.items() if not isinstance(one, Folder)}
    before = fresh | _before(had, set(), source, target, stamps)
    comparison = compare(before, source, target)
    agreed = shown_of(agreed, news, target, comparison)
    seen = {path: one for path in target if (one := at(agreed, path)) is not None}
    stamps.looked(seen, target, at_all=False)
    return _result(agreed, comparison, wanted, target)


def _before(
    had: Mapping[str, Entry], same: Set[str], source: Contents, target: Contents, stamps: Stamps
) -> dict[str, Content]:
    """What the target had: what the source has still, else what nobody has written to there."""
    before = {path: source[path] for path in same}
    for path, entry in had.items():
        there = target.get(path)
        if path in same or there is None:
            continue
        is_own = stamps.is_changed(path, entry, there)
        before[path] = replace(there, text=CHANGED) if is_own else there
    return before


def _result(
    agreed: Folder, comparison: Comparison, wanted: Mapping[str, Entry], target: Contents
) -> Compared:
    conflicts = comparison.conflicts
    own = tuple(one.path for one in conflicts if one.path not in wanted)
    return Compared(agreed, conflicts, own, obstacles(conflicts, wanted, target))


def _is_mode(change: Change) -> bool:
    return isinstance(change.old, Folder) and isinstance(change.new, Folder)


def _below(path: str, entry: Entry | None) -> Iterator[tuple[str, Entry]]:
    if entry is not None:
        yield path, entry
        yield from walk(entry, path)


async def _looked(link: Link, entries: Mapping[str, Entry]) -> dict[str, Content]:
    """What the target has of these; below what it lacks there is nothing to look at."""
    size = _size(entries)
    above = await link.look([path for path in entries if "/" not in path], size)
    below = [path for path in entries if "/" in path and path.partition("/")[0] in above]
    return reached(above | await link.look(below, size) if below else above)


def _size(entries: Mapping[str, Entry]) -> int:
    return sum(entry.size for entry in entries.values() if isinstance(entry, File))


def _unchanged(had: Mapping[str, Entry], wanted: Mapping[str, Entry], source: Contents) -> set[str]:
    """The paths that are in the source as they were when the target got them."""
    return {
        path
        for path, entry in had.items()
        if path in source and source[path].text != UNREAD and _is_like(wanted[path], entry)
    }


def _is_like(one: Entry, other: Entry) -> bool:
    """Tell whether two entries are the same, of folders only themselves."""
    if isinstance(one, Folder) and isinstance(other, Folder):
        return one.mode == other.mode
    return one == other
