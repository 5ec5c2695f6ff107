"""What a rule takes of its source: the filter of its paths, by the ignore files of the moment."""

from __future__ import annotations

import os
from collections.abc import Sequence

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
    Origin,
    Written,
)
from devenv.sync.watch.route import Place

GITIGNORE, DOCKERIGNORE = ".gitignore", ".dockerignore"


def read(rule: SyncRule, place: Place) -> Filter:
    """Make the filter of what its source is now: a folder, or one file in it."""
    if place.only:
        return Filter([Layer("the rule is for one file", _Only(place.only))])
    return _filter(rule, place.root)


class _Only:
    """Ignores all but one name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def match(self, path: str, *, folder: bool) -> Match | None:
        return None if path == self._name and not folder else Match(True, self._name)

    def may_return_below(self, folder: str, *, by_wildcard: bool) -> bool:
        return False


def _filter(rule: SyncRule, source: str) -> Filter:
    layers = [Layer(HOME, HomePatterns()), Layer("built in", DockerPatterns(PASSING))]
    if rule.syntax is Syntax.GIT:
        return _as_git(rule, source, layers)
    names, files = _dockerignores(rule, source), list[Written]()
    prefix = os.path.relpath(source, os.path.realpath(rule.context)) if names else ""
    for name in names:
        lines = _lines(name)
        if lines is not None:
            files.append((name, lines))
            seen = "" if prefix == "." else prefix
            layers.append(Layer(os.path.basename(name), DockerPatterns(lines), seen))
            break
    within = frozenset(os.path.basename(name) for name in names)
    above = frozenset(os.path.dirname(name) for name in names)
    origin = Origin(within, frozenset(one for one in above if one != source), tuple(files))
    return Filter([*layers, Layer("ignore", DockerPatterns(rule.ignore))], rule.include, origin)


def _dockerignores(rule: SyncRule, source: str) -> list[str]:
    """Where the file may be that counts: the first that is there does."""
    context = os.path.realpath(rule.context)
    if not rule.context or os.path.relpath(source, context).startswith(".."):
        return []
    return [
        os.path.join(context, name) for name in (f"{rule.dockerfile}{DOCKERIGNORE}", DOCKERIGNORE)
    ]


def _as_git(rule: SyncRule, source: str, layers: Sequence[Layer]) -> Filter:
    """The .gitignore files from the repository's root down, those within the source too."""
    own = Layer("ignore", GitPatterns(rule.ignore))
    above = _folders_above(source)
    files: list[Written] = []
    found = list(layers)
    for folder in above:
        _take(found, files, folder, prefix=os.path.relpath(source, folder))
    for folder, folders, names in os.walk(source):
        path = os.path.relpath(folder, source)
        below = "" if path == "." else f"{path}/"
        if GITIGNORE in names:
            _take(found, files, folder, below=below)
        rule_here = Filter([*found, own], rule.include)
        folders[:] = sorted(name for name in folders if not rule_here.prunes(below + name))
    origin = Origin(frozenset({GITIGNORE}), frozenset(above), tuple(files))
    return Filter([*found, own], rule.include, origin)


def _take(
    layers: list[Layer], files: list[Written], folder: str, *, prefix: str = "", below: str = ""
) -> None:
    path = os.path.join(folder, GITIGNORE)
    lines = _lines(path)
    if lines is not None:
        files.append((path, lines))
        layers.append(Layer(path, GitPatterns(lines), prefix, below))


def _folders_above(source: str) -> list[str]:
    """From the root of the repository that the source is in down to it; none: it is in none."""
    found: list[str] = []
    folder = source
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return []
        found.insert(0, parent)
        folder = parent
    return found


def _lines(path: str) -> tuple[str, ...] | None:
    try:
        with open(path, errors="surrogateescape") as file:
            return tuple(file.read().splitlines())
    except OSError:
        return None
