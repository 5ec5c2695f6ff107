"""From Compose's ``develop.watch`` and our ``sync`` to the rules of the model."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from devenv.model.sync import Hook, SyncRule, Syntax
from devenv.profile import schema
from devenv.profile.place import Place
from devenv.profile.schema_sync import SyncTable
from devenv.profile.tree import Path


def watch_rules(definition: Mapping[str, Any]) -> tuple[SyncRule, ...]:
    """Make the rules of a service as Compose resolves it."""
    return tuple(_rules(definition))


def _rules(definition: Mapping[str, Any]) -> Iterator[SyncRule]:
    build = definition.get("build") or {}
    for written in (definition.get("develop") or {}).get("watch") or ():
        action = written["action"].split("+")
        yield SyncRule(
            source=posixpath.normpath(written["path"]),
            target=str(written.get("target") or "") if "sync" in action else "",
            ignore=tuple(written.get("ignore") or ()),
            include=tuple(written.get("include") or ()),
            context=str(build.get("context") or ""),
            dockerfile=str(build.get("dockerfile") or ""),
            initial=bool(written.get("initial_sync")),
            rebuild="rebuild" in action,
            restart="restart" in action,
            hooks=(_hook(written.get("exec") or {}),) if "exec" in action else (),
        )


def _hook(written: Mapping[str, Any]) -> Hook:
    variables = written.get("environment") or {}
    return Hook(
        tuple(written.get("command") or ()),
        user=str(written.get("user") or ""),
        directory=str(written.get("working_dir") or ""),
        environment={name: str(value or "") for name, value in variables.items()},
        privileged=bool(written.get("privileged")),
    )


def sync_rules(
    written: schema.Service, definition: Mapping[str, Any] | None, place: Place
) -> tuple[SyncRule, ...]:
    """Make the rules of a service of our own profile. What is wrong goes to the problems."""
    tables = (written.sync,) if isinstance(written.sync, SyncTable) else written.sync or ()
    for number, table in enumerate(tables):
        at: Path = ("sync",) if isinstance(written.sync, SyncTable) else ("sync", number)
        _check(table, at, place, contained=definition is not None)
    return (*watch_rules(definition or {}), *(_own(table) for table in tables))


def _check(table: SyncTable, at: Path, place: Place, *, contained: bool) -> None:
    if not contained:
        for key in ("to", "on_change"):
            if getattr(table, key):
                message = f"`{key}` needs a container, and this is a host process"
                place.error(message, (*at, key), "add `image` or `build`, or remove the key")
    if table.to and not table.to.startswith("/"):
        place.error(f"`{table.to}` is not an absolute path", (*at, "to"), "begin it with `/`")
    if table.mode == "auto" and (table.ignore or table.include):
        message = "a bind mount leaves nothing out, and `auto` may become one"
        place.error(message, (*at, "mode"), "write `one-way`, or leave out `ignore` and `include`")
    if table.replica is not None and not contained:
        place.error("a host process has its files already", (*at, "replica"), "remove the key")
    if not (table.to or table.on_change or table.restart):
        place.error("nothing happens when a file changes", at, "add `to`, `on_change` or `restart`")


def _own(table: SyncTable) -> SyncRule:
    return SyncRule(
        source=table.source,
        target=posixpath.normpath(table.to) if table.to else "",
        ignore=_texts(table.ignore),
        include=_texts(table.include),
        syntax=Syntax.GIT,
        restart=table.restart,
        hooks=tuple(
            Hook(one.command, one.user, one.working_dir, paths=_texts(one.paths))
            for one in table.on_change
        ),
        debounce=table.debounce,
        may_mount=table.mode == "auto",
        replica=table.replica,
    )


def _texts(written: str | tuple[str, ...]) -> tuple[str, ...]:
    return (written,) if isinstance(written, str) else written
