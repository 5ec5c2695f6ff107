"""What to do so that a target becomes as its source is. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from devenv.sync.tree import Entry, Folder, Odd, walk


@dataclass(frozen=True, slots=True)
class Change:
    """One path that differs: ``old`` is what was there when both sides agreed, None: nothing.

    A folder that is new or gone is one change, with all that is in it.
    """

    path: str
    old: Entry | None
    new: Entry | None


def changes(agreed: Entry | None, source: Entry | None, path: str = "") -> Iterator[Change]:
    """Yield what differs, parents first. What is the same object is not looked into."""
    if agreed is source:
        return
    if not isinstance(agreed, Folder) or not isinstance(source, Folder):
        if agreed != source:
            yield Change(path, agreed, source)
        return
    if agreed.mode != source.mode and path:
        yield Change(path, replace(agreed, entries={}), replace(source, entries={}))
    for name in agreed.entries.keys() | source.entries.keys():
        below = f"{path}/{name}" if path else name
        yield from changes(agreed.entries.get(name), source.entries.get(name), below)


def is_news(change: Change) -> bool:
    """Tell whether it is more than that something appears which cannot be sent."""
    return change.old is not None or not isinstance(change.new, Odd)


def unsent(change: Change) -> Iterator[tuple[str, str]]:
    """What of a change cannot be sent, and why; not what never could be, and is nowhere else."""
    if change.new is not None:
        for path, entry in ((change.path, change.new), *walk(change.new, change.path)):
            if isinstance(entry, Odd) and (entry.is_unread or _is_in_place(change, entry)):
                yield path, entry.why


def _is_in_place(change: Change, entry: Entry) -> bool:
    """Tell whether something else was where an entry is now."""
    return entry is change.new and change.old is not None


def paths_of(change: Change) -> Iterator[str]:
    """The paths of a change: of a folder that is new or gone, those of its files."""
    whole = change.new or change.old
    if not isinstance(whole, Folder) or not whole.entries:
        yield change.path
        return
    for path, entry in walk(whole, change.path):
        if not isinstance(entry, Folder):
            yield path


def news(agreed: Entry | None, source: Entry | None) -> Iterator[str]:
    """The paths of all files that differ, and can be sent or are gone."""
    return (path for one in changes(agreed, source) if is_news(one) for path in paths_of(one))


@dataclass(frozen=True, slots=True)
class Content:
    """What both sides can be compared by. ``kind``: file, link, folder or other.

    ``text`` is the hash of a file, the target of a link. ``size`` (bytes) and ``mtime`` (seconds)
    only tell who has written to it.
    """

    kind: str
    mode: int = 0
    text: str = ""
    size: int = field(default=-1, compare=False)
    mtime: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A path that the target has changed by itself; ``overwritten``: the source's change wins."""

    path: str
    overwritten: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """``send`` and ``remove`` make the target equal; the ``conflicts`` are to be told."""

    send: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()
    conflicts: tuple[Conflict, ...] = ()


Contents = Mapping[str, Content]


def compare(agreed: Contents, source: Contents, target: Contents) -> Comparison:
    """Compare three ways, and ship one way: the source is never changed.

    What only the target changed stays as it is there; what it lost is sent again. What it made
    and the source never had is no concern of ours.
    """
    send, remove, conflicts = set(), set(), list[Conflict]()
    for path in agreed.keys() | source.keys():
        before, wanted, there = agreed.get(path), source.get(path), target.get(path)
        if wanted == there:
            continue
        by_itself = before is not None and there is not None and there != before
        if before == wanted and by_itself:
            conflicts.append(Conflict(path, overwritten=False))
        elif wanted is None:
            if by_itself:
                conflicts.append(Conflict(path, overwritten=False))
            elif there is not None:
                remove.add(path)
        else:
            send.add(path)
            if by_itself:
                conflicts.append(Conflict(path, overwritten=True))
    return Comparison(frozenset(send), frozenset(remove), tuple(sorted(conflicts, key=_by_path)))


def outdated(conflicts: Sequence[Conflict], todo: Iterable[Change]) -> tuple[Conflict, ...]:
    """What is to be told of earlier conflicts once these changes are carried over.

    What was left as it is there is overwritten by them; what was overwritten before is as the
    source has it, and is told no more.
    """
    if not conflicts:
        return ()
    paths = {path for change in todo for path in paths_of(change)}
    left = (one for one in conflicts if not (one.overwritten and one.path in paths))
    return tuple(replace(one, overwritten=True) if one.path in paths else one for one in left)


def _by_path(conflict: Conflict) -> str:
    return conflict.path
