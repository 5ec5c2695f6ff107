"""A rule made fit for use: its folder, its way to the target, and the filter of its paths."""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass

from devenv.model.sync import SyncRule, Syntax
from devenv.sync.ignore import (
    HOME,
    PASSING,
    DockerPatterns,
    Filter,
    GitPatterns,
    HomePatterns,
    Layer,
    Match,
    Patterns,
)
from devenv.sync.mirror import Way


@dataclass(frozen=True, slots=True)
class Prepared:
    """``root`` is a folder always; of a rule for one file it is the folder of that file."""

    rule: SyncRule
    root: str
    way: Way
    filter: Filter


def prepare(rule: SyncRule) -> Prepared:
    """Read what the rule needs from the disk: whether it is for one file, and the ignore files."""
    source = os.path.realpath(rule.source)
    if os.path.isdir(source) or not os.path.exists(source):
        return Prepared(rule, source, Way(rule.target), _filter(rule, source))
    root, name = os.path.split(source)
    target, renamed = posixpath.split(rule.target)
    names = None if renamed in {"", name} else {renamed: name}
    only = Filter([Layer("the rule is for one file", _Only(name))])
    return Prepared(rule, root, Way(target or "/", names), only)


class _Only:
    """Ignores all but one name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def match(self, path: str, *, folder: bool) -> Match | None:
        return None if path == self._name else Match(True, self._name)

    def may_return_below(self, folder: str, *, by_wildcard: bool) -> bool:
        return False


def _filter(rule: SyncRule, source: str) -> Filter:
    layers = [Layer(HOME, HomePatterns()), Layer("built in", DockerPatterns(PASSING))]
    layers += _dockerignore(rule, source)
    own: Patterns
    if rule.syntax is Syntax.GIT:
        layers += _gitignore(source)
        own = GitPatterns(rule.ignore)
    else:
        own = DockerPatterns(rule.ignore)
    return Filter([*layers, Layer("ignore", own)], rule.include)


def _dockerignore(rule: SyncRule, source: str) -> list[Layer]:
    if not rule.context:
        return []
    context = os.path.realpath(rule.context)
    prefix = os.path.relpath(source, context)
    if prefix.startswith(".."):
        return []
    for name in (f"{rule.dockerfile}.dockerignore", ".dockerignore"):
        lines = _lines(os.path.join(context, name))
        if lines is not None:
            return [Layer(name, DockerPatterns(lines), "" if prefix == "." else prefix)]
    return []


def _gitignore(source: str) -> list[Layer]:
    """The .gitignore files from the repository's root down to the source."""
    found: list[Layer] = []
    folder, prefix = source, ""
    while True:
        lines = _lines(os.path.join(folder, ".gitignore"))
        if lines is not None:
            found.insert(0, Layer(os.path.join(folder, ".gitignore"), GitPatterns(lines), prefix))
        parent, name = os.path.split(folder)
        if parent == folder or os.path.exists(os.path.join(folder, ".git")):
            return found
        folder, prefix = parent, posixpath.join(name, prefix) if prefix else name


def _lines(path: str) -> list[str] | None:
    try:
        with open(path, errors="surrogateescape") as file:
            return file.read().splitlines()
    except OSError:
        return None
