"""Files to one model in long form: each with its variables, its includes and what it extends."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from devenv.errors import DevenvError
from devenv.model.origin import Origin
from devenv.profile import document
from devenv.profile.compose.merging import merge, merge_service, unique, without_marks
from devenv.profile.compose.scalars import absolute, is_remote
from devenv.profile.compose.sections import SECTIONS
from devenv.profile.compose.shape import RESET, Override, Spot, table
from devenv.profile.compose.variables import interpolate
from devenv.profile.layers import Named, included_scope
from devenv.profile.reading import FILE_COST, Reading, Scope
from devenv.profile.tree import Items, Path, Scalar, Table, Tree, count, empty, origin_of, text

DEPTH = 20
"""Of includes in includes, and of services that extend each other."""
Model = dict[str, Any]
_FILE = table(SECTIONS)


@dataclass(frozen=True, slots=True)
class Files:
    """Reads the files of a project and of all that it includes.

    ``origins`` grows: where each section's entries and their keys stand, by path; with ``each``
    all that is below them too.
    """

    reading: Reading
    each: bool = False
    origins: dict[Path, Origin] = field(default_factory=dict)

    def project(self, files: tuple[Named, ...], scope: Scope, chain: tuple[str, ...] = ()) -> Model:
        """Read files that are laid over each other."""
        merged: Model = {}
        documents = ((file, tree) for file in files for tree in self._trees(file, scope))
        for file, tree in documents:
            model = self._document(tree, file, scope, (*chain, *(one.path for one in files)))
            try:
                merged = merge(merged, model)
            except DevenvError as error:
                self.reading.problems.add(error, file.origin)
        services = merged.get("services") or {}
        return {
            **merged,
            "services": {n: _whole(one or {}, scope.folder) for n, one in services.items()},
        }

    def _document(self, tree: Table, file: Named, scope: Scope, chain: tuple[str, ...]) -> Model:
        spot = Spot(tree, self.reading.problems, scope.folder)
        written = _plain(tree)
        model: Model = _FILE(written, spot)
        model |= {key: value for key, value in written.items() if key.startswith("x-")}
        self.origins.update(self._places(tree))
        self._extend_all(model, file, scope)
        included: Model = {}
        for index, entry in enumerate(model.pop("include", None) or ()):
            at = origin_of(tree, ("include", index))
            included = merge(included, self._included(entry, at, scope, chain))
        return merge(included, model) if included else model

    def _trees(self, file: Named, scope: Scope) -> Iterator[Table]:
        reading = self.reading
        for tree in self.parsed(file):
            if reading.spend(count(tree) + FILE_COST, file.origin):
                yield interpolate(tree, scope.lookup, reading.problems)

    def parsed(self, file: Named) -> tuple[Table, ...]:
        """The documents of a file as they are written; an empty one where it cannot be read."""
        trees = self.reading.trees
        if file.path not in trees:
            trees[file.path] = self._parsed(file)
        return trees[file.path]

    def _parsed(self, file: Named) -> tuple[Table, ...]:
        reading, shown = self.reading, self.reading.shown(file.path)
        content = reading.file(file.path, file.origin)
        if content is None:
            if file.path in reading.sources:
                reading.problems.error(f"there is no file {shown}", file.origin)
            return (empty(Origin(shown, 1)),)
        try:
            trees = document.parse_all(content, shown, reading.problems)
            if not any(tree.entries for tree in trees):
                reading.problems.error(f"{shown} is empty", file.origin, "add `services`")
            return trees
        except DevenvError as error:
            reading.problems.add(error, file.origin)
            return (empty(Origin(shown, 1)),)

    def _included(
        self, entry: Mapping[str, Any], origin: Origin, scope: Scope, chain: tuple[str, ...]
    ) -> Model:
        problems = self.reading.problems
        for path in filter(is_remote, entry["path"]):
            problems.error(*_refused(path, origin))
            return {}
        paths = [absolute(path, scope.folder) for path in entry["path"]]
        for path in paths:
            if path in chain or len(chain) > DEPTH:
                names = " → ".join(self.reading.shown(one) for one in (*chain[-3:], path))
                problems.error(f"files include each other: {names}", origin)
                return {}
        folder = entry.get("project_directory") or posixpath.dirname(paths[0])
        env_files = tuple(Named(path, origin) for path in entry.get("env_file") or ())
        inner = included_scope(folder, env_files, scope, self.reading)
        files = tuple(Named(path, origin) for path in paths)
        model = self.project(files, inner, chain)
        return {key: model[key] for key in SECTIONS.keys() - {"name", "version"} if key in model}

    def _extend_all(self, model: Model, file: Named, scope: Scope) -> None:
        services = model.get("services") or {}
        for name, service in list(services.items()):
            if isinstance(service, dict) and service.get("extends"):
                services[name] = self._extended(name, services, (file, scope, self.origins), ())

    def _extended(
        self,
        name: str,
        services: Mapping[str, Any],
        where: tuple[Named, Scope, dict[Path, Origin]],
        chain: tuple[str, ...],
    ) -> Model:
        """Lay a service over the one that it extends, and that over its own."""
        file, scope, places = where
        service = dict(services[name] or {})
        wanted = service.pop("extends", None)
        if not wanted:
            return service
        origin = places.get(("services", name, "extends"), file.origin)
        key = f"{file.path}#{name}"
        if key in chain or len(chain) > DEPTH:
            self.reading.problems.error(f"{name}: services extend each other", origin)
            return service
        base_name = str(wanted["service"])
        if wanted.get("file"):
            path = str(wanted["file"])
            if is_remote(path):
                self.reading.problems.error(*_refused(path, origin))
                return service
            where = (Named(path, origin), Scope(posixpath.dirname(path), scope.lookup), {})
            services = self._services_of(*where)
        if base_name not in services:
            shown = self.reading.shown(where[0].path)
            self.reading.problems.error(
                f"{name}: there is no service {base_name} in {shown}", origin
            )
            return service
        base = without_marks(self._extended(base_name, services, where, (*chain, key)))
        if self.each:
            _inherit(places, name, where[2], base_name)
        try:
            return unique(merge_service(base, service))
        except DevenvError as error:
            self.reading.problems.add(error, origin)
            return service

    def _services_of(
        self, file: Named, scope: Scope, places: dict[Path, Origin]
    ) -> Mapping[str, Any]:
        merged: Model = {}
        for tree in self._trees(file, scope):
            places.update(self._places(tree))
            spot = Spot(tree, self.reading.problems, scope.folder)
            written = _plain(tree)
            merged = merge(merged, _FILE({"services": written.get("services") or {}}, spot))
        return merged.get("services") or {}

    def _places(self, tree: Table) -> Iterator[tuple[Path, Origin]]:
        """Where what is written stands."""
        return _each_place(tree, ()) if self.each else _places(tree)


def _inherit(
    places: dict[Path, Origin], name: str, theirs: Mapping[Path, Origin], base: str
) -> None:
    """What a service does not say itself stands where the one that it extends says it."""
    for path, origin in list(theirs.items()):
        if path[:2] == ("services", base):
            places.setdefault(("services", name, *path[2:]), origin)


def _refused(path: str, origin: Origin) -> tuple[str, Origin, str]:
    """A file of elsewhere would run here what nobody has looked at."""
    hint = "copy it into the repository, or add it as a git submodule, and name it by its path"
    return f"{path} lies elsewhere, and files of elsewhere are not fetched", origin, hint


def _places(tree: Table) -> Iterator[tuple[Path, Origin]]:
    """Where each entry of a section stands, and each of its keys."""
    for section, entries in tree.entries.items():
        for name, entry in entries.entries.items() if isinstance(entries, Table) else ():
            yield (section, name), origin_of(tree, (section, name))
            for key in entry.entries if isinstance(entry, Table) else ():
                yield (section, name, key), origin_of(tree, (section, name, key))


def _each_place(tree: Tree, path: Path) -> Iterator[tuple[Path, Origin]]:
    """Where each key stands, and each entry of a list as ``KEY=value``.

    Other entries of lists have no place of their own: lists of several files are one in the end.
    """
    match tree:
        case Table(entries, keys):
            for key, value in entries.items():
                yield (*path, key), keys[key] if isinstance(value, Table) else value.origin
                yield from _each_place(value, (*path, key))
        case Items(items):
            for item in items:
                name, equals, _ = (text(item) or "").partition("=")
                if equals:
                    yield (*path, name), item.origin
        case Scalar():
            pass


def _whole(service: Model, folder: str) -> Model:
    build = service.get("build")
    if isinstance(build, dict) and "context" not in build:
        service = {**service, "build": {**build, "context": folder}}
    return unique(service)


def _plain(tree: Tree) -> Any:
    """The values of a tree; what is marked ``!reset`` or ``!override`` says so."""
    if tree.tag == "!reset":
        return RESET
    value: Any
    match tree:
        case Scalar(found):
            value = found
        case Items(inner):
            value = [_plain(item) for item in inner]
        case Table(entries):
            value = {key: _plain(one) for key, one in entries.items()}
    return Override(value) if tree.tag == "!override" else value
