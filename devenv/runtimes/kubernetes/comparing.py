"""What an apply would change of what is there, by the server's own word: a dry run of it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.cache import Object, label
from devenv.runtimes.kubernetes.errors import RefusedError
from devenv.runtimes.kubernetes.inventory import Entry, Inventory
from devenv.runtimes.kubernetes.objects.text import difference
from devenv.runtimes.kubernetes.resources import BY_KIND, JOB, name_of
from devenv.runtimes.kubernetes.server import Server

MAKE, CHANGE, REPLACE, REMOVE, REFUSED = "make", "change", "replace", "remove", "refused"
_SERVERS_OWN = frozenset(
    {"creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"}
)


@dataclass(frozen=True, slots=True)
class Changed:
    """One object that would not stay as it is. ``lines``: the difference, or why it is refused."""

    change: str
    kind: str
    name: str
    lines: tuple[str, ...] = field(default=())


def made(objects: Iterable[Object]) -> list[Changed]:
    """All of them are new."""
    return [Changed(MAKE, str(one["kind"]), name_of(one)) for one in objects]


def relabelled(home: Object, wanted: Mapping[str, str]) -> list[Changed]:
    """A namespace, where it would have other labels."""
    lines = [
        line
        for key, value in wanted.items()
        if label(home, key) != value
        for line in (f"-{key}: {label(home, key)}", f"+{key}: {value}")
    ]
    return [Changed(CHANGE, str(home["kind"]), name_of(home), tuple(lines))] if lines else []


async def changed(server: Server, namespace: str, objects: Iterable[Object]) -> list[Changed]:
    """Those objects that an apply would make or change."""
    found = await asyncio.gather(*(_compared(server, namespace, one) for one in objects))
    return [one for one in found if one is not None]


async def removed(
    inventory: Inventory, wanted: Collection[str], applied: Collection[tuple[str, str]]
) -> list[Changed]:
    """What was made for services and would go: theirs that are not wanted, and what is no more.

    ``applied``: kind and name of all that is applied.
    """
    held = await inventory.all()
    gone: list[Entry] = [
        one
        for service, entries in sorted(held.items())
        for one in sorted(entries)
        if service not in wanted or (one.kind, one.name) not in applied
    ]
    return [Changed(REMOVE, one.kind, one.name) for one in gone]


async def _compared(server: Server, namespace: str, wanted: Object) -> Changed | None:
    resource, name = BY_KIND[wanted["kind"]], name_of(wanted)
    there = await server.read(resource, namespace, name)
    if there is None:
        return Changed(MAKE, resource.kind, name)
    if resource is JOB:  # it cannot be changed
        return Changed(REPLACE, resource.kind, name)
    query = {"fieldManager": names.OURS, "force": "true", "dryRun": "All"}
    path = resource.path(namespace, name)
    try:
        then = await server.connection.call("PATCH", path, query=query, body=wanted)
    except RefusedError as error:
        return Changed(REFUSED, resource.kind, name, (error.message,))
    lines = difference(_plain(there), _plain(then))
    return Changed(CHANGE, resource.kind, name, tuple(lines[2:])) if lines else None


def _plain(made: Object) -> dict[str, Any]:
    """An object without what the server, its controllers and our marks say of it."""
    kept = {key: value for key, value in made.items() if key not in {"status", "metadata"}}
    kept["metadata"] = _unmarked(made["metadata"])
    template = (made.get("spec") or {}).get("template")
    if isinstance(template, dict):
        plain = {**template, "metadata": _unmarked(template.get("metadata") or {})}
        kept["spec"] = {**made["spec"], "template": plain}
    return kept


def _unmarked(metadata: Object) -> dict[str, Any]:
    kept = {key: value for key, value in metadata.items() if key not in _SERVERS_OWN}
    annotations = kept.pop("annotations", None) or {}
    others = {
        key: value
        for key, value in annotations.items()
        if not key.startswith((names.PREFIX, "deployment.kubernetes.io/"))
    }
    return {**kept, **({"annotations": others} if others else {})}
