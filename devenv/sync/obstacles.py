"""What a target has of its own in place of a source's folder: nothing is sent below it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devenv.sync.diff import Change, Conflict, Content, Contents
from devenv.sync.tree import Entry, Folder, above, count_files

Obstacles = Mapping[str, str]
"""Kinds of content, by path."""
_NAMES = {"file": "a file", "link": "a link"}


def obstacles(
    conflicts: Sequence[Conflict], wanted: Mapping[str, Entry], target: Contents
) -> Obstacles:
    """What of that stays there in place of folders."""
    left = (one.path for one in conflicts if not one.overwritten)
    folders = (path for path in left if isinstance(wanted.get(path), Folder))
    return {path: target[path].kind for path in folders if target[path].kind != "folder"}


def reached(found: Mapping[str, Content]) -> dict[str, Content]:
    """Leave out what was found beyond a link: it is elsewhere."""
    links = {path for path, one in found.items() if one.kind == "link"}
    return {path: one for path, one in found.items() if not links or links.isdisjoint(above(path))}


def obstacle(change: Change, found: Obstacles) -> str:
    """The path of what is in the way of a change; "": nothing is."""
    if not found:
        return ""
    if change.path in found and isinstance(change.old, Folder) and isinstance(change.new, Folder):
        return change.path
    return next((path for path in above(change.path) if path in found), "")


def kept_back(todo: Sequence[Change], found: Obstacles) -> dict[str, str]:
    """What is in the way of changes, and how much it keeps back."""
    counts: dict[str, int] = {}
    for change in todo:
        path = obstacle(change, found)
        if path and path != change.path:
            counts[path] = counts.get(path, 0) + (count_files(change.new) or 1)
    return {path: _why(count, found[path]) for path, count in counts.items()}


def _why(count: int, kind: str) -> str:
    files = "1 file below it is" if count == 1 else f"{count:,} files below it are"
    return f"{files} not sent: {_NAMES.get(kind, 'something else')} has taken its place there"
