"""A look at what a target has, compared by hash with its source and with what it had."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from devenv.sync.contact import Contact
from devenv.sync.contents import UNREAD, contents, shown
from devenv.sync.diff import Conflict, Content, Contents, compare
from devenv.sync.link import Link
from devenv.sync.tree import Entry, File, Folder, walk


@dataclass(frozen=True, slots=True)
class Compared:
    """``agreed`` is what the target has of the source."""

    agreed: Folder
    conflicts: tuple[Conflict, ...]


async def compared(
    link: Link, root: str, names: Mapping[str, str], tree: Folder, contact: Contact
) -> Compared:
    """Look what the target has of all that the source has, and of what it had."""
    wanted, had = dict(walk(tree)), dict(walk(contact.known))
    target = await _looked(link, had | wanted)
    source = await asyncio.to_thread(contents, root, tree, target, names)
    same = _unchanged(had, wanted, source) if contact.is_same else set[str]()
    for path in same & target.keys():  # a receiver does not read links
        if target[path].kind == source[path].kind == "link":
            target[path] = source[path]
    agreed = {p: held for p in had if (held := (source if p in same else target).get(p))}
    comparison = compare(agreed, source, target)
    return Compared(shown(tree, target, comparison), comparison.conflicts)


async def _looked(link: Link, entries: Mapping[str, Entry]) -> dict[str, Content]:
    """What the target has of these; below what it lacks there is nothing to look at."""
    size = sum(entry.size for entry in entries.values() if isinstance(entry, File))
    above = await link.look([path for path in entries if "/" not in path], size)
    below = [path for path in entries if "/" in path and path.partition("/")[0] in above]
    return above | await link.look(below, size) if below else above


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
