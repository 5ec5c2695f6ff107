"""Makes the relative paths of one file absolute, before it meets files of other folders."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, replace

from devenv.profile.references import escape
from devenv.profile.tree import Items, Scalar, Table, Tree, text, with_entry

_SERVICES = ("services", "tasks")
_CONTAINED = ("image", "build")


def rebase(tree: Table, folder: str, *, default_directory: str = "") -> Table:
    """Join ``folder`` to the paths of a file's services, tasks and includes.

    ``default_directory`` is the ``working_dir`` of services that name neither one nor another
    service to use (empty: leave them so).
    """
    place = _Folder(folder, default_directory)
    entries = dict(tree.entries)
    for section in _SERVICES:
        services = entries.get(section)
        if isinstance(services, Table):
            moved = {name: place.service(value) for name, value in services.entries.items()}
            entries[section] = replace(services, entries=moved)
    if "include" in entries:
        entries["include"] = _each_path(entries["include"], place.joined)
    return replace(tree, entries=entries)


@dataclass(frozen=True, slots=True)
class _Folder:
    """What the paths of one file are relative to."""

    path: str
    default_directory: str

    def joined(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(self.path, path))

    def service(self, service: Tree) -> Tree:
        if not isinstance(service, Table):
            return service
        if service.entries.keys().isdisjoint(_CONTAINED):  # else it is a folder in the container
            service = _changed(service, "working_dir", self._directory)
        service = _changed(service, "uses", self._used)
        service = _changed(service, "build", self._context)
        process = service.entries.get("process")
        if isinstance(process, Table):
            moved = _changed(process, "working_dir", self._directory)
            service = with_entry(service, "process", moved)
        build = service.entries.get("build")
        if isinstance(build, Table):
            service = with_entry(service, "build", _changed(build, "context", self._context))
        if "env_file" in service.entries:
            paths = _each_path(service.entries["env_file"], self.joined)
            service = with_entry(service, "env_file", paths)
        if "sync" in service.entries:
            service = with_entry(service, "sync", self._sources(service.entries["sync"]))
        return self._with_directory(service)

    def _sources(self, tree: Tree) -> Tree:
        if isinstance(tree, Items):
            return replace(tree, items=tuple(self._sources(item) for item in tree.items))
        return _changed(tree, "from", self.joined) if isinstance(tree, Table) else tree

    def _with_directory(self, service: Table) -> Table:
        has_none = service.entries.keys().isdisjoint({"working_dir", "uses", *_CONTAINED})
        if not self.default_directory or not has_none:
            return service
        value = Scalar(escape(self.default_directory), service.origin)
        return with_entry(service, "working_dir", value)

    def _directory(self, path: str) -> str:
        """Join a path that may hold references to a folder that holds none."""
        if path.startswith("${{"):
            return path
        return posixpath.normpath(posixpath.join(escape(self.path), path))

    def _used(self, spec: str) -> str:
        return self.joined(spec) if spec.startswith(("./", "../", "/")) else spec

    def _context(self, path: str) -> str:
        return path if "://" in path or path.startswith("git@") else self.joined(path)


def _changed(table: Table, key: str, change: Callable[[str], str]) -> Table:
    """Change the text under ``key``, if there is one."""
    value = table.entries.get(key)
    written = text(value)
    if not isinstance(value, Scalar) or written is None:
        return table
    return with_entry(table, key, replace(value, value=change(written)))


def _each_path(tree: Tree, change: Callable[[str], str]) -> Tree:
    """Change a path, each path of a list, and the paths in tables of it."""
    match tree:
        case Scalar(str(path)):
            return replace(tree, value=change(path))
        case Items(items):
            return replace(tree, items=tuple(_each_path(item, change) for item in items))
        case Table():
            for key in ("path", "env_file", "project_directory"):
                if key in tree.entries:
                    tree = with_entry(tree, key, _each_path(tree.entries[key], change))
            return tree
    return tree
