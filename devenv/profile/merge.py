"""Lays one file over another by Compose's rules: maps merge, lists grow, later values win."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from devenv.errors import DevenvError
from devenv.profile import ports
from devenv.profile.problems import Problems
from devenv.profile.tree import (
    Items,
    Scalar,
    Table,
    Tree,
    empty,
    table_of,
    text,
    with_entry,
)

Keys = tuple[str, ...]

_REPLACED = frozenset(
    {
        ("command",),
        ("entrypoint",),
        ("healthcheck", "test"),
        ("process", "command"),
        ("process", "ready"),
        ("ready",),
        ("success_exit_codes",),
    }
)
_PAIRS = frozenset(
    {
        ("annotations",),
        ("build", "args"),
        ("build", "labels"),
        ("deploy", "labels"),
        ("environment",),
        ("labels",),
        ("process", "environment"),
        ("sysctls",),
    }
)


def merge(base: Table, over: Table, problems: Problems) -> Table:
    """Lay ``over`` on ``base``, two whole files."""
    return _tables(base, over, (), problems)


def merge_service(base: Table, over: Table, problems: Problems) -> Table:
    """Lay one service's keys on another's."""
    return _tables(base, over, ("services", ""), problems)


def _merged(base: Tree, over: Tree, path: Keys, problems: Problems) -> Tree:
    inner = path[2:] if path[:1] in {("services",), ("tasks",)} else ("",)
    if over.tag == "!override" or inner in _REPLACED:
        return over
    canonical = _CANONICAL.get(inner)
    if inner in _PAIRS:
        base, over = _pairs(base), _pairs(over)
    elif canonical:
        base, over = canonical(base), canonical(over)
    if isinstance(over, Scalar) and over.value is None and inner[:-1] not in _PAIRS:
        return base
    match base, over:
        case Table(), Table():
            return _tables(base, over, path, problems)
        case Items(), Items():
            return _unique(replace(base, items=base.items + over.items), inner)
        case Scalar(), Scalar():
            return over
        case Scalar(None), _:
            return over
    problems.error(
        f"{'.'.join(path)}: cannot lay {_kind(over)} over {_kind(base)}",
        over.origin,
        f"the other one is at {base.origin}; `!override` replaces it",
    )
    return base


def _tables(base: Table, over: Table, path: Keys, problems: Problems) -> Table:
    entries, keys = dict(base.entries), dict(base.keys)
    for key, value in over.entries.items():
        if value.tag == "!reset":
            entries.pop(key, None)
            keys.pop(key, None)
        elif key in entries:
            entries[key] = _merged(entries[key], value, (*path, key), problems)
        else:
            entries[key], keys[key] = value, over.keys[key]
    return replace(base, entries=entries, keys=keys)


def _pairs(tree: Tree) -> Tree:
    """Turn a list of ``NAME=VALUE`` into a table; a name alone has no value."""
    if not isinstance(tree, Items):
        return tree
    table = empty(tree.origin)
    for item in tree.items:
        written = text(item)
        if written is None:
            return tree
        name, equals, value = written.partition("=")
        table = with_entry(table, name, Scalar(value if equals else None, item.origin))
    return replace(table, tag=tree.tag)


def _dependencies(tree: Tree) -> Tree:
    """Turn a list of names into a table of empty entries."""
    if not isinstance(tree, Items):
        return tree
    table = empty(tree.origin)
    for item in tree.items:
        name = text(item)
        if name is None:
            return tree
        table = with_entry(table, name, Table({}, {}, item.origin))
    return table


def _port_list(tree: Tree) -> Tree:
    """Turn a table of named ports into a list of them."""
    if not isinstance(tree, Table):
        return tree
    entries = (table_of({name: value}, tree.keys[name]) for name, value in tree.entries.items())
    return Items(tuple(entries), tree.origin)


def _one_item(tree: Tree) -> Tree:
    return Items((tree,), tree.origin) if isinstance(tree, Scalar) and tree.value else tree


def _build(tree: Tree) -> Tree:
    return table_of({"context": tree}, tree.origin) if isinstance(tree, Scalar) else tree


_CANONICAL: dict[Keys, Callable[[Tree], Tree]] = {
    ("depends_on",): _dependencies,
    ("networks",): _dependencies,
    ("ports",): _port_list,
    ("env_file",): _one_item,
    ("dns",): _one_item,
    ("tmpfs",): _one_item,
    ("build",): _build,
}


def _unique(tree: Items, inner: Keys) -> Items:
    """Keep the last entry of each identity, in the place of the first."""
    identity = _IDENTITIES.get(inner)
    if identity is None:
        return tree
    kept: dict[str, Tree] = {}
    for number, item in enumerate(tree.items):
        kept[identity(item) or f"\0{number}"] = item
    return replace(tree, items=tuple(kept.values()))


def _port_identity(item: Tree) -> str | None:
    if isinstance(item, Table) and item.entries.keys() <= ports.LONG_KEYS:
        found = {key: text(value) or "" for key, value in item.entries.items()}
        return ports.Spec(
            found.get("name", ""),
            found.get("host_ip", ""),
            found.get("published", ""),
            found.get("target", ""),
            found.get("protocol", "tcp"),
        ).identity
    if isinstance(item, Table):
        return next(iter(item.entries)) if len(item.entries) == 1 else None
    try:
        return ports.spec_of(text(item) or "").identity
    except DevenvError:
        return None


def _path_of(item: Tree) -> str | None:
    return text(item.entries.get("path")) if isinstance(item, Table) else text(item)


def _mount_target(item: Tree) -> str | None:
    if isinstance(item, Table):
        return text(item.entries.get("target"))
    parts = (text(item) or "").split(":")
    return parts[1] if len(parts) > 1 else parts[0]


_IDENTITIES: dict[Keys, Callable[[Tree], str | None]] = {
    ("ports",): _port_identity,
    ("env_file",): _path_of,
    ("volumes",): _mount_target,
    ("devices",): _mount_target,
} | {(key,): text for key in ("profiles", "expose", "cap_add", "cap_drop", "dns", "tmpfs")}


def _kind(tree: Tree) -> str:
    match tree:
        case Table():
            return "a map"
        case Items():
            return "a list"
        case Scalar():
            return "a value"
