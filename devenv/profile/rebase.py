"""Makes the relative paths of one file absolute, before it meets files of other folders."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import replace

from devenv.profile.references import escape
from devenv.profile.tree import Items, Scalar, Table, Tree, child_table, text, with_entry


def rebase(tree: Table, folder: str, *, default_directory: str = "") -> Table:
    """Join ``folder`` to the paths of a file's services, tasks and includes.

    ``default_directory`` is the ``working_dir`` of services that name neither one nor another
    service to use (empty: leave them so).
    """

    def joined(path: str) -> str:
        return posixpath.normpath(posixpath.join(folder, path))

    for section in ("services", "tasks"):
        services = child_table(tree, section)
        for name, service in services.entries.items():
            if isinstance(service, Table):
                moved = _service(service, folder, default_directory)
                services = with_entry(services, name, moved)
        if section in tree.entries and services.entries:
            tree = with_entry(tree, section, services)
    if include := tree.entries.get("include"):
        tree = with_entry(tree, "include", _paths(include, joined))
    return tree


def _service(service: Table, folder: str, default_directory: str) -> Table:
    def joined(path: str) -> str:
        return posixpath.normpath(posixpath.join(folder, path))

    def directory(path: str) -> str:
        is_absolute = path.startswith(("/", "${{"))
        return (
            path
            if is_absolute
            else escape(posixpath.normpath(posixpath.join(folder, "")))
            + ("" if path in ("", ".") else f"/{posixpath.normpath(path)}")
        )

    def used(spec: str) -> str:
        return joined(spec) if spec.startswith(("./", "../", "/")) else spec

    def context(path: str) -> str:
        return path if "://" in path or path.startswith("git@") else joined(path)

    service = _changed(service, "working_dir", directory)
    service = _changed(service, "uses", used)
    process = service.entries.get("process")
    if isinstance(process, Table):
        service = with_entry(service, "process", _changed(process, "working_dir", directory))
    if env_file := service.entries.get("env_file"):
        service = with_entry(service, "env_file", _paths(env_file, joined))
    build = service.entries.get("build")
    if isinstance(build, Table):
        service = with_entry(service, "build", _changed(build, "context", context))
    else:
        service = _changed(service, "build", context)
    if default_directory and service.entries.keys().isdisjoint({"working_dir", "uses"}):
        value = Scalar(escape(default_directory), service.origin)
        service = with_entry(service, "working_dir", value)
    return service


def _changed(table: Table, key: str, change: Callable[[str], str]) -> Table:
    value = table.entries.get(key)
    written = text(value)
    if not isinstance(value, Scalar) or written is None:
        return table
    return with_entry(table, key, replace(value, value=change(written)))


def _paths(tree: Tree, change: Callable[[str], str]) -> Tree:
    """Change a path, each path of a list, and the ``path`` entries of tables in it."""
    match tree:
        case Scalar(str(path)):
            return replace(tree, value=change(path))
        case Items(items):
            return replace(tree, items=tuple(_paths(item, change) for item in items))
        case Table():
            for key in ("path", "env_file", "project_directory"):
                if key in tree.entries:
                    tree = with_entry(tree, key, _paths(tree.entries[key], change))
            return tree
    return tree
