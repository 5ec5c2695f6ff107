"""What a YAML file says, each value with its place in the file: what the passes work on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from devenv.model.origin import Origin

Path = tuple[str | int, ...]
"""The way to a value: keys of tables and indexes of lists."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """``tag`` is ``!reset`` or ``!override`` where the file says so, here and below."""

    value: str | int | bool | None
    origin: Origin
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    items: tuple[Tree, ...]
    origin: Origin
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping; ``keys`` says where each key stands."""

    entries: Mapping[str, Tree]
    keys: Mapping[str, Origin]
    origin: Origin
    tag: str = ""


Tree = Scalar | Items | Table


def empty(origin: Origin) -> Table:
    return Table({}, {}, origin)


def table_of(pairs: Mapping[str, Tree], origin: Origin) -> Table:
    """Make a table whose keys stand where their values do."""
    return Table(pairs, {key: value.origin for key, value in pairs.items()}, origin)


def with_entry(table: Table, key: str, value: Tree) -> Table:
    """Set one entry; a key that is there keeps its place."""
    keys = {**table.keys, key: table.keys.get(key, value.origin)}
    return replace(table, entries={**table.entries, key: value}, keys=keys)


def without(table: Table, key: str) -> Table:
    return replace(
        table,
        entries={name: value for name, value in table.entries.items() if name != key},
        keys={name: origin for name, origin in table.keys.items() if name != key},
    )


def child_table(table: Table, key: str) -> Table:
    """The table under ``key``; an empty one where there is none."""
    found = table.entries.get(key)
    return found if isinstance(found, Table) else empty(table.keys.get(key, table.origin))


def text(tree: Tree | None) -> str | None:
    """The text of a scalar as it was written; None for anything else."""
    if not isinstance(tree, Scalar) or tree.value is None:
        return None
    if isinstance(tree.value, bool):
        return "true" if tree.value else "false"
    return str(tree.value)


def plain(tree: Tree) -> Any:
    """Make dictionaries, lists and values of it."""
    match tree:
        case Scalar(value):
            return value
        case Items(items):
            return [plain(item) for item in items]
        case Table(entries):
            return {key: plain(value) for key, value in entries.items()}


def count(tree: Tree) -> int:
    """Count the values, aliases expanded."""
    match tree:
        case Scalar():
            return 1
        case Items(items):
            return 1 + sum(count(item) for item in items)
        case Table(entries):
            return 1 + sum(count(value) for value in entries.values())


def scalars(tree: Tree, path: Path = ()) -> Iterator[tuple[Path, Scalar]]:
    """Every value, with the way to it."""
    match tree:
        case Scalar():
            yield path, tree
        case Items(items):
            for number, item in enumerate(items):
                yield from scalars(item, (*path, number))
        case Table(entries):
            for key, value in entries.items():
                yield from scalars(value, (*path, key))


def places(tree: Tree, path: Path = ()) -> Iterator[tuple[Path, Origin]]:
    """Say of each value, and of each table at its key, where it stands."""
    match tree:
        case Scalar():
            pass
        case Items(items):
            for number, item in enumerate(items):
                yield (*path, number), item.origin
                yield from places(item, (*path, number))
        case Table(entries, keys):
            for key, value in entries.items():
                yield (*path, key), keys[key] if isinstance(value, Table) else value.origin
                yield from places(value, (*path, key))


def map_scalars(tree: Tree, change: Callable[[Scalar], Scalar]) -> Tree:
    """Apply ``change`` to every value (keys are left alone)."""
    match tree:
        case Scalar():
            return change(tree)
        case Items(items):
            return replace(tree, items=tuple(map_scalars(item, change) for item in items))
        case Table(entries):
            changed = {key: map_scalars(value, change) for key, value in entries.items()}
            return replace(tree, entries=changed)


def origin_of(tree: Tree, path: Path, *, key: bool = False) -> Origin:
    """Find where the value at ``path`` stands, or the nearest thing above it that is there.

    ``key``: where its key stands instead.
    """
    found = tree.origin
    for number, step in enumerate(path):
        last = number == len(path) - 1
        if isinstance(tree, Table) and step in tree.entries:
            name = str(step)
            # What is wrong with a whole table is shown at its key, where a reader looks for it.
            value = tree.entries[name]
            at_key = isinstance(value, Table) or (key and last)
            found = tree.keys[name] if at_key else value.origin
            tree = value
        elif isinstance(tree, Items) and isinstance(step, int) and step < len(tree.items):
            tree = tree.items[step]
            found = tree.origin
        else:
            return found
    return found
