"""Files to one tree: each is read, its variables replaced, its paths made absolute; then merged.

An included file is a project of its own, with its folder and ``.env``; what includes it wins.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace

from devenv.errors import DevenvError
from devenv.model.origin import Origin
from devenv.profile import document, procfile
from devenv.profile.filenames import compose_not_read, is_compose, is_procfile
from devenv.profile.interpolate import interpolate
from devenv.profile.merge import merge
from devenv.profile.reading import FILE_COST, Reading, Scope, layered
from devenv.profile.rebase import rebase
from devenv.profile.tree import Items, Table, Tree, child_table, count, empty, table_of, text

INCLUDE_DEPTH = 20
_INCLUDED = ("services", "tasks", "networks", "volumes", "secrets", "configs")


@dataclass(frozen=True, slots=True)
class Named:
    """A file by its absolute path, and the place that names it."""

    path: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Project:
    """Files that are laid over each other, and what they are read against.

    ``directory`` is the ``working_dir`` of services that name none (empty: leave it so);
    ``chain`` are the files whose includes led here.
    """

    files: tuple[Named, ...]
    scope: Scope
    directory: str = ""
    chain: tuple[str, ...] = ()


def read_project(project: Project, reading: Reading) -> Table:
    """Make one tree of a project's files and all that they include."""
    trees = [read_tree(file, reading) for file in project.files]
    merged = empty(Origin(reading.shown(project.files[0].path), 1))
    for file, tree in zip(project.files, trees, strict=True):
        merged = merge(merged, _layer(file, tree, project, reading), reading.problems)
    included = empty(merged.origin)
    for entry in _includes(merged):
        found = _included(entry, project, reading)
        included = merge(included, found, reading.problems) if found else included
    return merge(included, merged, reading.problems)


def read_tree(file: Named, reading: Reading) -> Table:
    """Read one file as it is written; an empty tree where that is not possible."""
    if file.path not in reading.trees:
        reading.trees[file.path] = (_parsed(file, reading),)
    (tree,) = reading.trees[file.path]
    return tree if reading.spend(count(tree) + FILE_COST, file.origin) else empty(tree.origin)


def _parsed(file: Named, reading: Reading) -> Table:
    shown = reading.shown(file.path)
    nothing = empty(Origin(shown, 1))
    if is_compose(file.path):
        reading.problems.add(compose_not_read(shown), file.origin)
        return nothing
    content = reading.file(file.path, file.origin)
    if content is None:
        if reading.sources.get(file.path):
            reading.problems.error(f"there is no file {shown}", file.origin)
        return nothing
    if is_procfile(file.path):
        return procfile.parse(content, shown, reading.problems)
    try:
        return document.parse(content, shown, reading.problems)
    except DevenvError as error:
        reading.problems.add(error, file.origin)
        return nothing


def _layer(file: Named, tree: Table, project: Project, reading: Reading) -> Table:
    if not is_procfile(file.path):
        tree = interpolate(tree, project.scope.lookup, reading.problems)
    return rebase(tree, project.scope.folder, default_directory=project.directory)


def _includes(tree: Table) -> tuple[Tree, ...]:
    include = tree.entries.get("include")
    return include.items if isinstance(include, Items) else ()


def _included(entry: Tree, project: Project, reading: Reading) -> Table | None:
    """Read what one entry of ``include`` names: a path, or a table with ``path``."""
    table = entry if isinstance(entry, Table) else table_of({"path": entry}, entry.origin)
    files = _named(table.entries.get("path"))
    if not files:
        return None
    chain = (*project.chain, *(file.path for file in project.files))
    for file in files:
        if file.path in chain:
            names = [reading.shown(path) for path in (*chain[chain.index(file.path) :], file.path)]
            reading.problems.error(f"files include each other: {' → '.join(names)}", file.origin)
            return None
    if len(chain) > INCLUDE_DEPTH:
        reading.problems.error(f"includes nested deeper than {INCLUDE_DEPTH}", files[0].origin)
        return None
    folder = text(table.entries.get("project_directory")) or posixpath.dirname(files[0].path)
    env_files = _named(table.entries.get("env_file"))
    scope = included_scope(folder, env_files, project.scope, reading)
    tree = read_project(Project(files, scope, folder, chain), reading)
    kept = {name: child_table(tree, name) for name in _INCLUDED if name in tree.entries}
    return replace(table_of(kept, tree.origin), keys={name: tree.keys[name] for name in kept})


def included_scope(
    folder: str, env_files: tuple[Named, ...], parent: Scope, reading: Reading
) -> Scope:
    """The variables of an included project: its own env files' come after its parent's."""
    values: dict[str, str] = {}
    for file in env_files or (Named(posixpath.join(folder, ".env"), Origin("")),):
        found = reading.env_file(file.path, file.origin, parent.lookup)
        if found is None and env_files and file.path != "/dev/null":
            reading.problems.error(f"there is no file {reading.shown(file.path)}", file.origin)
        values |= found or {}
    return Scope(folder, layered(parent.lookup, values.get))


def _named(tree: Tree | None) -> tuple[Named, ...]:
    items = tree.items if isinstance(tree, Items) else (tree,) if tree else ()
    found = ((text(item), item.origin) for item in items)
    return tuple(Named(path, origin) for path, origin in found if path)
