"""The container side of a profile: services and what they share, as Compose resolves them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devenv.model.environment import Resources
from devenv.profile import schema
from devenv.profile.compose.checks import faults
from devenv.profile.compose.keys import SERVICE
from devenv.profile.compose.normal import normal
from devenv.profile.compose.sections import SECTIONS
from devenv.profile.compose.shape import Spot, read
from devenv.profile.reading import Reading, Scope
from devenv.profile.tree import Table, child_table, origin_of, plain

Definitions = Mapping[str, Mapping[str, Any]]
_NOT_OF_IT = frozenset(
    {
        "depends_on",
        "env_file",
        "environment",
        "logs",
        "ports",
        "preview",
        "process",
        "ready",
        "runtime",
        "success_exit_codes",
        "sync",
        "url",
        "uses",
    }
)
"""Keys that only a profile has, or that have a meaning of their own in it."""
_OF_IT = schema.Service.model_fields.keys() - _NOT_OF_IT
"""What no service may have is told once, by the schema."""
_SHARED = ("networks", "volumes", "secrets", "configs")


def containers(tree: Table, scope: Scope, reading: Reading) -> tuple[Definitions, Resources]:
    """Resolve what can be a container; the definitions are by the service's name."""
    spot = Spot(tree, reading.problems, scope.folder)
    written: dict[str, Any] = {}
    for section in ("services", "tasks"):
        for name, service in child_table(tree, section).entries.items():
            if isinstance(service, Table) and service.entries.keys() & {"image", "build"}:
                keys = {k: v for k, v in plain(service).items() if k in _OF_IT}
                written[name] = read(SERVICE, keys, spot.at(section).at(name)) or {}
    if not written:
        return {}, Resources()
    shared = {
        key: read(SECTIONS[key], plain(child_table(tree, key)), spot.at(key))
        for key in _SHARED
        if key in tree.entries
    }
    project = scope.lookup("COMPOSE_PROJECT_NAME") or ""
    model = normal({"services": written, **shared}, project, scope.lookup)
    for path, message, hint in faults(model):
        about = ".".join(path[:2])
        reading.problems.error(f"{about}: {message}", origin_of(tree, path), hint)
    return model["services"], _resources(model, project, scope)


def _resources(model: Mapping[str, Any], project: str, scope: Scope) -> Resources:
    sources = [*(model.get("secrets") or {}).values(), *(model.get("configs") or {}).values()]
    names = [one["environment"] for one in sources if one.get("environment")]
    return Resources(
        project=project,
        directory=scope.folder,
        networks=model.get("networks") or {},
        volumes=model.get("volumes") or {},
        secrets=model.get("secrets") or {},
        configs=model.get("configs") or {},
        values={name: scope.lookup(name) or "" for name in names},
    )
