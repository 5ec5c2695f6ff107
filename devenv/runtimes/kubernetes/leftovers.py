"""What keeps a namespace that was deleted: the objects in it that somebody has to let go of."""

from __future__ import annotations

import asyncio

from devenv.errors import DevenvError
from devenv.runtimes.kubernetes.cache import Object
from devenv.runtimes.kubernetes.homes import namespace_of
from devenv.runtimes.kubernetes.namespaces import kinds_left
from devenv.runtimes.kubernetes.resources import Resource, name_of
from devenv.runtimes.kubernetes.server import Server

LISTED, TOLD = 100, 5
"""How many objects of a kind are looked at, and told of."""


async def held(server: Server, home: Object) -> list[str]:
    """Each with its finalizers, as far as its kind may be listed."""
    kinds, namespace = kinds_left(home), namespace_of(home)
    found = await asyncio.gather(*(_held(server, namespace, *kind) for kind in kinds))
    return [one for objects in found for one in objects[:TOLD]]


async def _held(server: Server, namespace: str, plural: str, group: str) -> list[str]:
    try:
        path = Resource("", await _version(server, group), plural).path(namespace)
        query = {"limit": LISTED}
        listed = await server.connection.call("GET", path, query=query, patience=0.0)
    except DevenvError:  # what the cluster says by itself is told without it
        return []
    kind = f"{plural}.{group}" if group else plural
    return [
        f"{kind}/{name_of(one)} has {', '.join(finalizers)}"
        for one in listed["items"]
        if (finalizers := one["metadata"].get("finalizers"))
    ]


async def _version(server: Server, group: str) -> str:
    """The version of a group that its objects are read in."""
    if not group:
        return "v1"
    found = await server.connection.call("GET", f"/apis/{group}", patience=0.0)
    return str(found["preferredVersion"]["groupVersion"])
