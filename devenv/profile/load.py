"""Loads a profile: the passes in their order, and the hands that read files for them."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Mapping
from dataclasses import replace

from devenv.model.environment import Environment
from devenv.model.origin import Origin
from devenv.model.service import Service
from devenv.profile import schema, shipped
from devenv.profile.build import Builder
from devenv.profile.checkout import slug
from devenv.profile.compose.find import find_files
from devenv.profile.compose.resolve import resolve
from devenv.profile.compose.services import environment_of
from devenv.profile.containers import containers
from devenv.profile.filenames import OVERLAY, PROCFILE, PROFILE, is_compose
from devenv.profile.graph import check_builds, check_dependencies, check_ports, known_dependencies
from devenv.profile.in_previews import check_preview
from devenv.profile.interpolate import interpolate
from devenv.profile.layers import Named, Project, read_project, read_tree
from devenv.profile.lock import locked, locking
from devenv.profile.manifests import manifests
from devenv.profile.reading import Reading, Scope, layered, scope_of
from devenv.profile.reference_check import check_references, warn_of_shown_secrets
from devenv.profile.references import secret_variables
from devenv.profile.sources import Loaded, Reader, Request, Source, read_file
from devenv.profile.tree import Table, child_table, places, text
from devenv.profile.uses import Shipped, expand
from devenv.profile.validate import Checked, validate

__all__ = ["Loaded", "Reader", "Request", "Source", "load", "read_file"]


def load(request: Request, read: Reader = read_file, *, origins: bool = False) -> Loaded:
    """Load the profile of a checkout. Raises ProfileError with all problems at once."""
    reading = Reading(request, read)
    files = _files(reading)
    reading.problems.raise_errors()
    if files and is_compose(files[0].path):
        return _compose(files, reading, origins=origins)
    scope = _scope(files, reading)
    tree = read_project(Project(files, scope, scope.folder), reading)
    tree = expand(tree, scope, reading, Shipped(shipped.path, shipped.names, sys.executable))
    checked = validate(tree, reading.problems)
    if checked is None:
        reading.problems.raise_errors()
        checked = Checked(schema.Profile())
    environment, partly = _environment(checked, tree, scope, reading)
    loaded = _loaded(_linked(environment, partly, tree, reading), files, reading)
    return replace(loaded, origins=dict(places(tree))) if origins else loaded


def _loaded(environment: Environment, files: tuple[Named, ...], reading: Reading) -> Loaded:
    """Take in the lock, the last thing that may be wrong."""
    check_builds(environment.services, reading.problems)
    own = [file.path for file in files]
    found = locking(environment, own, posixpath.normpath(shipped.folder()), reading)
    reading.problems.raise_errors()
    if not environment.services:
        message = "there is nothing to run: neither a service nor a task"
        reading.problems.error(message, Origin(own[0]), "`devenv down` takes down what runs")
        reading.problems.raise_errors()
    return Loaded(
        locked(environment, found.lock),
        reading.problems.all(),
        reading.sources,
        reading.variables,
        locking=found,
    )


def _compose(files: tuple[Named, ...], reading: Reading, *, origins: bool) -> Loaded:
    """Load a Compose project as it stands."""
    resolved = resolve(reading, files, origins=origins)
    reading.problems.raise_errors()
    loaded = _loaded(environment_of(resolved, reading.request.root), files, reading)
    return replace(loaded, origins=resolved.origins) if origins else loaded


def _files(reading: Reading) -> tuple[Named, ...]:
    """Find the files to lay over each other: those asked for, the profile, or a Procfile."""
    root = reading.request.root
    if reading.request.files:
        return named_files(reading)
    profile, overlay, procfile = (
        Named(posixpath.join(root, name), Origin(name)) for name in (PROFILE, OVERLAY, PROCFILE)
    )
    if _is_there(profile, reading):
        return (profile, overlay) if _is_there(overlay, reading) else (profile,)
    composed = find_files(reading)
    if composed:
        return composed
    if not _is_there(procfile, reading):
        reading.problems.error(f"there is no {PROFILE} in {root}", Origin(PROFILE))
    return (procfile,)


def named_files(reading: Reading) -> tuple[Named, ...]:
    """The files that were asked for; () if none were."""
    root = reading.request.root
    paths = (posixpath.join(root, file) for file in reading.request.files)
    return tuple(Named(posixpath.normpath(path), Origin(reading.shown(path))) for path in paths)


def _is_there(file: Named, reading: Reading) -> bool:
    return reading.file(file.path, file.origin) is not None


def _scope(files: tuple[Named, ...], reading: Reading) -> Scope:
    """The folder and variables of the whole; Compose's project name is among them."""
    scope = scope_of(reading, posixpath.dirname(files[0].path), files[0].origin)
    name = slug(posixpath.basename(reading.request.root))
    for file in files:
        tree = read_tree(file, reading)
        if "name" in tree.entries:
            only_name = replace(tree, entries={"name": tree.entries["name"]})
            named = interpolate(only_name, scope.lookup, reading.problems)
            name = text(named.entries["name"]) or name
    return Scope(scope.folder, layered({"COMPOSE_PROJECT_NAME": name}.get, scope.lookup))


def _environment(
    checked: Checked, tree: Table, scope: Scope, reading: Reading
) -> tuple[Environment, Mapping[str, Service]]:
    """Build the environment, and beside it the services that are only partly right."""
    profile = checked.profile
    active = reading.request.profiles or (scope.lookup("COMPOSE_PROFILES") or "").split(",")
    definitions, resources = containers(tree, scope, reading)
    builder = Builder(tree, reading, scope.lookup, frozenset(filter(None, active)), definitions)
    environment = Environment(
        name=profile.name or slug(posixpath.basename(reading.request.root)),
        root=reading.request.root,
        services=builder.services(profile),
        resources=resources,
    )
    if profile.network == "shared":
        shared = replace(environment.resources, shares_network=True)
        environment = replace(environment, resources=shared)
    if profile.preview:
        asked = profile.preview
        found = manifests(asked.manifests, tree, scope, reading)
        shared = replace(environment.resources, manifests=found)
        environment = replace(environment, resources=shared, lifetime=asked.ttl, seed=asked.seed)
    check_preview(profile, environment.services.values(), tree, reading.problems)
    quota = profile.logs.quota if profile.logs else None
    partly = builder.services(checked.partly)
    return environment if quota is None else replace(environment, log_quota=quota), partly


def _linked(
    environment: Environment, partly: Mapping[str, Service], tree: Table, reading: Reading
) -> Environment:
    """Check what services say of each other, and work out which of their variables are secret."""
    declared = frozenset(
        name for section in ("services", "tasks") for name in child_table(tree, section).entries
    )
    check_ports(environment.services.values(), tree, reading.problems)
    check_dependencies(environment.services, partly, declared, tree, reading.problems)
    if not check_references(environment, declared, tree, reading.problems):
        return environment
    services = {
        service.name: replace(
            service,
            depends_on=known_dependencies(service, environment.services),
            secrets=secret_variables(environment, service),
        )
        for service in environment.services.values()
    }
    environment = replace(environment, services=services)
    warn_of_shown_secrets(environment, tree, reading.problems)
    return environment
