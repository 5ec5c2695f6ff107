"""From Compose's ``develop.watch`` to the rules of the model."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from devenv.model.sync import Hook, SyncRule


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
