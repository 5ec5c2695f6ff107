"""The namespace of a preview: made, guarded, deleted, and only ever one of ours."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Mapping
from typing import Any

from devenv.errors import DevenvError
from devenv.model.environment import Resources
from devenv.model.preview import Preview
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.cache import Object, is_leaving
from devenv.runtimes.kubernetes.errors import RefusedError
from devenv.runtimes.kubernetes.inventory import empty
from devenv.runtimes.kubernetes.objects.namespace import guards, moment, namespace
from devenv.runtimes.kubernetes.resources import NAMESPACE, SECRET, name_of
from devenv.runtimes.kubernetes.server import Server

GENERATIONS = 100
"""How many names are tried before somebody must have taken them all on purpose."""
KEY = "key"


async def ensure(server: Server, preview: Preview) -> str:
    """Find the namespace of a preview, or make it; return its name."""
    server.need()
    found = server.living(preview.name, preview.repository)
    return name_of(found) if found else await _make(server, preview)


async def _make(server: Server, preview: Preview) -> str:
    """Take the first generation whose name nobody has: one that is going away has it still."""
    known = server.namespaces(preview.name, preview.repository)
    first = 1 + max((names.generation_of(preview.name, name_of(one)) for one in known), default=0)
    for generation in range(first, first + GENERATIONS):
        now = time.time() + server.connection.ahead
        wanted = namespace(preview, generation, now)
        try:
            made = await server.connection.call("POST", NAMESPACE.path(), body=wanted)
        except RefusedError as error:
            if error.status != 409:
                raise
            there = await _there(server, name_of(wanted))
            if there is None or not _is_of(there, preview) or is_leaving(there):
                continue
            made = there
        server.take(NAMESPACE, made)
        return name_of(made)
    raise DevenvError(f"every name like {preview.name} is taken by others in this cluster")


async def is_gone(server: Server, preview: Preview) -> bool:
    """Tell whether a preview has no namespace, by the server's own word: a list may be late."""
    if server.living(preview.name, preview.repository) is not None:
        return False
    query = {"labelSelector": f"{names.PREVIEW}={preview.name}"}
    try:
        listed = await server.connection.call("GET", NAMESPACE.path(), query=query, tries=1)
    except DevenvError:
        return False
    return not any(_is_of(one, preview) and not is_leaving(one) for one in listed["items"])


async def _there(server: Server, name: str) -> dict[str, Any] | None:
    try:
        return await server.connection.call("GET", NAMESPACE.path(name=name))
    except RefusedError as error:
        if error.status in {403, 404}:
            return None
        raise


def _is_of(there: Mapping[str, Any], preview: Preview) -> bool:
    labels = there["metadata"].get("labels") or {}
    wanted = names.labels(preview.name) | {names.REPOSITORY: names.digest(preview.repository)}
    return wanted.items() <= labels.items()


async def furnish(server: Server, name: str, preview: Preview, resources: Resources) -> None:
    """Give a namespace its guards, its inventory, and what services of it mount."""
    made = [*guards(preview.name, resources), empty(preview.name), _key_secret(preview)]
    await asyncio.gather(*(server.apply(name, one, preview.name) for one in made))


def _key_secret(preview: Preview) -> dict[str, Any]:
    metadata = {"name": names.OURS, "labels": names.labels(preview.name)}
    data = {KEY: base64.b64encode(preview.key).decode()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}


async def key_in(server: Server, name: str) -> bytes:
    """The key that a preview's secrets are made with, as whoever brought it up has left it."""
    try:
        found = await server.connection.call("GET", SECRET.path(name, names.OURS))
    except RefusedError as error:
        if error.status == 404:
            return b""
        raise
    return base64.b64decode((found.get("data") or {}).get(KEY) or "")


async def delete(server: Server, made: Object) -> None:
    """Let a namespace go, just this one; return once the server has taken that in."""
    if not _is_a_preview(made):
        raise DevenvError(f"the namespace {name_of(made)} is not ours", "it is left as it is")
    await server.delete(NAMESPACE, "", name_of(made), made["metadata"]["uid"])
    await server.cache.until(lambda: _is_going(server, made), GOING_WITHIN)


GOING_WITHIN = 10.0


def _is_going(server: Server, made: Object) -> bool:
    now = server.cache.get(NAMESPACE, name_of(made))
    return now is None or is_leaving(now) or now["metadata"]["uid"] != made["metadata"]["uid"]


def _is_a_preview(made: Object) -> bool:
    labels = made["metadata"].get("labels") or {}
    return labels.get(names.MANAGED_BY) == names.OURS and bool(labels.get(names.PREVIEW))


async def annotate(server: Server, made: Object, **moments: float) -> None:
    """Write moments (our clock's, since the epoch) on a namespace: ``expires``, ``used``."""
    known = {"expires": names.EXPIRES, "used": names.USED}
    ahead = server.connection.ahead
    body = {"annotations": {known[key]: moment(at + ahead) for key, at in moments.items()}}
    await server.merge(NAMESPACE, "", name_of(made), {"metadata": body})


def why_it_stays(made: Object) -> str:
    """What keeps a namespace that was deleted, in the server's words; "" while it just takes time.

    They name kinds, counts and finalizers.
    """
    conditions = (made.get("status") or {}).get("conditions") or ()
    said = [one for one in conditions if one.get("status") == "True" and one["type"] in _HINDERS]
    return "; ".join(dict.fromkeys(str(one.get("message") or one["type"]) for one in said))


_HINDERS = frozenset(
    {
        "NamespaceDeletionDiscoveryFailure",
        "NamespaceDeletionGroupVersionParsingFailure",
        "NamespaceDeletionContentFailure",
        "NamespaceFinalizersRemaining",
    }
)
