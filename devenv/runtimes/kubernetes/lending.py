"""Namespaces that were made for previews: one that is free is taken, and emptied afterwards."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from devenv.errors import DevenvError
from devenv.model.preview import Preview
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.cache import Object, annotation, is_leaving, label
from devenv.runtimes.kubernetes.errors import RefusedError
from devenv.runtimes.kubernetes.homes import is_of, namespace_of
from devenv.runtimes.kubernetes.objects.namespace import lease
from devenv.runtimes.kubernetes.resources import HELD, INGRESS, LEASE, POD, Resource
from devenv.runtimes.kubernetes.server import Server

EMPTY_WITHIN = 90.0
PAUSE = 0.3
"""Seconds between two looks at what is still there: volumes go when their pods have."""


async def claim(server: Server, preview: Preview) -> Object:
    """Take the first namespace that no preview has. DevenvError: each one has."""
    taken: list[str] = []
    for name in preview.cluster.namespaces:
        wanted = lease(preview, server.connection.clock.now())
        try:
            return await server.connection.call("POST", LEASE.path(name), body=wanted)
        except RefusedError as error:
            if error.status != 409:
                raise
        there = await server.connection.call("GET", LEASE.path(name, names.OURS))
        if is_of(there, preview) and not is_leaving(there):
            return there
        leaving = ", on its way out" if is_leaving(there) else ""
        taken.append(f"{name} ({annotation(there, names.BRANCH)}{leaving})")
    raise DevenvError(
        f"every namespace for previews has one: {', '.join(taken)}",
        "devenv preview down NAME frees one",
    )


async def free(server: Server, home: Object) -> None:
    """Empty a namespace whose lease was deleted of all that the preview had, then let that go.

    DevenvError: something stays.
    """
    namespace, preview = namespace_of(home), label(home, names.PREVIEW)
    deadline = time.monotonic() + EMPTY_WITHIN
    while left := await _left(server, namespace, preview):
        if time.monotonic() > deadline:
            raise DevenvError(f"{', '.join(left)} in {namespace} stays", "kubectl get -o yaml")
        await asyncio.sleep(PAUSE)
    await server.merge(LEASE, namespace, names.OURS, {"metadata": {"finalizers": None}})


async def _left(server: Server, namespace: str, preview: str) -> list[str]:
    """Delete all of a preview; return the kinds of which there still was something."""
    held = [*HELD, *([INGRESS] if server.connection.cluster.domain else ())]
    counts = await asyncio.gather(*(_deleted(server, one, namespace, preview) for one in held))
    found = [one.kind for one, count in zip(held, counts, strict=True) if count]
    pods = server.cache.all(POD, namespace)
    return [*found, *{POD.kind for pod in pods if label(pod, names.PREVIEW) == preview}]


async def _deleted(server: Server, resource: Resource, namespace: str, preview: str) -> int:
    query = {"labelSelector": f"{names.PREVIEW}={preview}"}
    body = {"propagationPolicy": "Background"}
    path = resource.path(namespace)
    answer: dict[str, Any] = await server.connection.call("DELETE", path, query=query, body=body)
    return len(answer.get("items") or ())
