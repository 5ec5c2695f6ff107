"""What a bind mount does for a rule of sync, and what is left to be done of it."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from devenv.model.environment import Wanted
from devenv.model.service import Service
from devenv.model.sync import SyncRule, Syntax
from devenv.planning.capabilities import DOCKER, KUBERNETES


def mounted(service: Service, is_folder: Callable[[str], bool] = os.path.isdir) -> Service:
    """The service with a mount for each rule that leaves the choice.

    Not of a file: who saves by renaming puts another one in its place, which a mount does not show.
    """
    if service.container is None:
        return service
    mounts = [
        {"type": "bind", "source": rule.source, "target": rule.target}
        for rule in service.sync
        if rule.may_mount and rule.target and rule.replica is None and is_folder(rule.source)
    ]
    if not mounts:
        return service
    volumes = [*(service.definition.get("volumes") or ()), *mounts]
    definition = {**service.definition, "volumes": volumes}
    return replace(service, container=replace(service.container, definition=definition))


def rules_of(wanted: Wanted) -> tuple[SyncRule, ...]:
    """The rules of a service where it runs: a host process has its files already."""
    rules = wanted.service.sync
    if wanted.runtime == KUBERNETES:
        return rules
    if wanted.runtime == DOCKER:
        return tuple(rest for rule in rules if (rest := _unmounted(wanted.service, rule)))
    return tuple(replace(rule, target="") for rule in rules if rule.restart)


def _unmounted(service: Service, rule: SyncRule) -> SyncRule | None:
    """A rule without what a bind mount does; None: that was all of it."""
    if not is_mounted(service, rule):
        return rule
    rest = replace(rule, target="")
    return rest if rule.syntax is Syntax.GIT and (rest.restart or rest.hooks) else None


def is_mounted(service: Service, rule: SyncRule) -> bool:
    """Whether a container has the source of a rule as a bind mount, so that nothing is to be sent.

    As in Compose a rule of ``develop.watch`` with a command of its own is done all the same.
    """
    if not rule.target or (rule.syntax is Syntax.DOCKER and rule.hooks) or rule.rebuild:
        return False
    mounts = [one for one in service.definition.get("volumes") or () if one.get("type") == "bind"]
    return any(_does(mount, rule) for mount in mounts)


def _does(mount: Mapping[str, Any], rule: SyncRule) -> bool:
    """Tell whether a bind mount has the source of a rule, and where our own ``sync:`` says it.

    Compose watches nothing that is mounted, wherever that is.
    """
    source = mount["source"].rstrip("/") or "/"
    if posixpath.commonpath([source, rule.source]) != source:
        return False
    there = posixpath.join(mount["target"], posixpath.relpath(rule.source, source))
    return rule.syntax is Syntax.DOCKER or posixpath.relpath(there, rule.target) == "."
