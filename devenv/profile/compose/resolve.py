"""The door: Compose files to the model that Compose's own resolver makes of them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from devenv.model.origin import Origin
from devenv.profile.compose.checks import faults
from devenv.profile.compose.files import Files, Model
from devenv.profile.compose.merging import without_marks
from devenv.profile.compose.normal import normal
from devenv.profile.compose.variables import interpolate
from devenv.profile.dotenv import EnvFile
from devenv.profile.layers import Named
from devenv.profile.reading import Reading, Scope, layered, scope_of
from devenv.profile.tree import Path, text

PROFILES = "COMPOSE_PROFILES"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Resolved:
    """A project. ``model`` is in the form of ``docker compose config --format json``, and holds
    the services of all Compose profiles; ``active`` are those that start by themselves.

    ``directory`` is what relative paths are relative to; ``origins`` says where things stand.
    """

    name: str
    directory: str
    files: tuple[str, ...]
    model: Mapping[str, Any]
    active: frozenset[str]
    origins: Mapping[Path, Origin]
    values: Mapping[str, str]

    def origin(self, *path: str) -> Origin:
        """Where something stands, or what is nearest above it."""
        while path and path not in self.origins:
            path = path[:-1]
        return self.origins.get(path, Origin(self.files[0]))

    @property
    def printed(self) -> dict[str, Any]:
        """The model as Compose prints it: without the services that are not active."""
        services = {n: one for n, one in self.model["services"].items() if n in self.active}
        kept = {key: one for key, one in self.model.items() if key != "models"}
        return {**kept, "services": services}


def resolve(reading: Reading, files: tuple[Named, ...], *, origins: bool = False) -> Resolved:
    """Resolve a project. What is wrong with it goes to the problems of ``reading``.

    ``origins``: say of each single value where it stands, of one that was extended too.
    """
    scope = scope_of(reading, posixpath.dirname(files[0].path), files[0].origin)
    reader = Files(reading, each=origins)
    name = _name(reader, files, scope)
    scope = Scope(scope.folder, layered({"COMPOSE_PROJECT_NAME": name}.get, scope.lookup))
    written = without_marks(reader.project(files, scope))
    model = normal(written, name, scope.lookup)
    active = _active(model, reading, scope)
    resolved = Resolved(
        name,
        scope.folder,
        tuple(file.path for file in files),
        model,
        active,
        reader.origins,
        _values(model, scope),
    )
    for path, message, hint in faults({**model, "services": resolved.printed["services"]}):
        about = ".".join(path[:2])
        reading.problems.error(f"{about}: {message}", resolved.origin(*path), hint)
    for key in active:
        _fill_in(
            model["services"][key], resolved.origin("services", key, "env_file"), reading, scope
        )
    return resolved


def _name(reader: Files, files: tuple[Named, ...], scope: Scope) -> str:
    """The project's name: asked for, written in the last file that has one, or the folder's."""
    asked = scope.lookup("COMPOSE_PROJECT_NAME")
    if asked:
        if not _NAME.fullmatch(asked):
            hint = "lower-case letters, digits, `-` and `_`, beginning with a letter or a digit"
            message = f"COMPOSE_PROJECT_NAME: `{asked}` is not the name of a project"
            reader.reading.problems.error(message, files[0].origin, hint)
        return asked
    written = posixpath.basename(scope.folder)
    for tree in (tree for file in files for tree in reader.parsed(file)):
        if "name" in tree.entries:
            named = replace(tree, entries={"name": tree.entries["name"]})
            found = interpolate(named, scope.lookup, reader.reading.problems)
            written = text(found.entries["name"]) or written
    return re.sub(r"[^a-z0-9_-]", "", written.lower()).lstrip("_-") or "default"


def _active(model: Model, reading: Reading, scope: Scope) -> frozenset[str]:
    """The services without profiles, and those of the profiles that were asked for."""
    asked = reading.request.profiles or (scope.lookup(PROFILES) or "").split(",")
    wanted = frozenset(one.strip() for one in asked)
    return frozenset(
        name
        for name, service in model["services"].items()
        if not service.get("profiles") or "*" in wanted or wanted & set(service["profiles"])
    )


def _values(model: Model, scope: Scope) -> Mapping[str, str]:
    """The variables that secrets and configs are made of."""
    sources = [*(model.get("secrets") or {}).values(), *(model.get("configs") or {}).values()]
    names = [one["environment"] for one in sources if one.get("environment")]
    found = {name: scope.lookup(name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _fill_in(service: Model, origin: Origin, reading: Reading, scope: Scope) -> None:
    """Put the variables of env files, and the labels of label files, under those written."""
    own = service.get("environment") or {}
    found: dict[str, Any] = {}
    for entry in service.pop("env_file", None) or ():
        known = {key: text for key, text in own.items() if text is not None}
        lookup = layered(scope.lookup, known.get)
        found |= _env_file(entry, origin, reading, lookup, found) or {}
    if found or own:
        service["environment"] = {**found, **own}
    labels: dict[str, str] = {}
    for path in service.get("label_file") or ():
        labels |= _env_file({"path": path}, origin, reading, scope.lookup, {}) or {}
    if labels:
        service["labels"] = {**labels, **(service.get("labels") or {})}


def _env_file(
    entry: Mapping[str, Any],
    origin: Origin,
    reading: Reading,
    lookup: Any,
    earlier: Mapping[str, str],
) -> Mapping[str, str] | None:
    path = str(entry["path"])
    content = reading.file(path, origin, secret=True)
    if content is None:
        if entry.get("required", True) and path in reading.sources:
            shown = reading.shown(path)
            hint = "make it, or write `{path: …, required: false}`"
            reading.problems.error(f"there is no env file {shown}", origin, hint)
        return None
    raw = entry.get("format") == "raw"
    file = EnvFile(content, reading.shown(path), raw=raw, earlier=dict(earlier))
    return reading.parsed_env(file, origin, lookup)
