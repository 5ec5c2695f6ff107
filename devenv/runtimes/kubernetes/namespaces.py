"""The namespace of a preview: made, guarded, deleted, and only ever one of ours."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any

from devenv.errors import DevenvError
from devenv.failpoints import failpoint
from devenv.model.environment import Resources
from devenv.model.preview import Preview
from devenv.runtimes.kubernetes import lending, names
from devenv.runtimes.kubernetes.cache import Object, annotation, is_leaving, label
from devenv.runtimes.kubernetes.errors import RefusedError
from devenv.runtimes.kubernetes.homes import (
    generation,
    is_a_preview,
    is_lent,
    is_of,
    namespace_of,
    use_of,
)
from devenv.runtimes.kubernetes.inventory import MANIFESTS, Inventory, empty, entry_of, stray
from devenv.runtimes.kubernetes.moments import moment, stamp
from devenv.runtimes.kubernetes.objects.manifests import manifest_objects
from devenv.runtimes.kubernetes.objects.namespace import YES, guards, levels, namespace
from devenv.runtimes.kubernetes.resources import BY_KIND, LEASE, NAMESPACE, SECRET, name_of
from devenv.runtimes.kubernetes.server import Server
from devenv.runtimes.kubernetes.workloads import GOES_WITHIN

GENERATIONS = 100
"""How many names are tried before somebody must have taken them all on purpose."""
KEY = "key"


async def ensure(server: Server, preview: Preview, holder: str) -> str:
    """Find the namespace of a preview, or make it; return its name. It has a holder then."""
    server.need()
    found = server.homes.living(preview)
    if found is None:
        lent = bool(preview.cluster.namespaces)
        found = await (lending.claim if lent else _make)(server, preview)
        server.take(LEASE if lent else NAMESPACE, found)
    elif not is_lent(found):
        await _secure(server, preview, found)
    if not annotation(found, names.HOLDER):
        await annotate(server, found, holder=holder)
    if annotation(found, names.KEPT):
        await annotate(server, found, kept=None)
    return namespace_of(found)


async def _secure(server: Server, preview: Preview, home: Object) -> None:
    """Have a namespace enforce what its cluster's entry says now."""
    wanted = levels(preview)
    if any(label(home, key) != level for key, level in wanted.items()):
        await server.merge(NAMESPACE, "", name_of(home), {"metadata": {"labels": wanted}})


async def _make(server: Server, preview: Preview) -> Object:
    """Take the first generation whose name nobody has: one that is going away has it still."""
    known = server.homes.of(preview)
    first = 1 + max((generation(one, preview.name) for one in known), default=0)
    for number in range(first, first + GENERATIONS):
        now = server.connection.clock.now()
        wanted = namespace(preview, number, now)
        try:
            return await server.connection.call("POST", NAMESPACE.path(), body=wanted)
        except RefusedError as error:
            if error.status != 409:
                raise
            there = await _there(server, name_of(wanted))
            if there is not None and is_of(there, preview) and not is_leaving(there):
                return there
    raise DevenvError(f"every name like {preview.name} is taken by others in this cluster")


async def is_gone(server: Server, preview: Preview) -> bool:
    """Tell whether a preview has no namespace, by the server's own word: a list may be late."""
    if server.homes.living(preview) is not None:
        return False
    query = {"labelSelector": f"{names.PREVIEW}={preview.name}"}
    lent = preview.cluster.namespaces
    for path in [LEASE.path(one) for one in lent] or [NAMESPACE.path()]:
        try:
            listed = await server.connection.call("GET", path, query=query, patience=0.0)
        except DevenvError:
            return False
        if any(is_of(one, preview) and not is_leaving(one) for one in listed["items"]):
            return False
    return True


async def _there(server: Server, name: str) -> dict[str, Any] | None:
    try:
        return await server.connection.call("GET", NAMESPACE.path(name=name))
    except RefusedError as error:
        if error.status in {403, 404}:
            return None
        raise


async def furnish(
    server: Server, name: str, preview: Preview, resources: Resources, digests: Mapping[str, str]
) -> None:
    """Give a namespace its guards, its inventory, and what services of it mount."""
    made = [*guards(preview, resources), empty(preview.name, digests), _key_secret(preview)]
    await asyncio.gather(*(server.apply(name, one, preview.name) for one in made))
    await _have(server, name, preview, manifest_objects(preview, resources.manifests))


async def _have(server: Server, name: str, preview: Preview, wanted: Sequence[Object]) -> None:
    """Apply the repository's manifests; what is in them no more is deleted."""
    inventory = Inventory(server, name, preview.name)
    before = await inventory.of(MANIFESTS)
    applied = await asyncio.gather(*(server.apply(name, one, preview.name) for one in wanted))
    now = [entry_of(one) for one in applied]
    if sorted(now) != sorted(before):
        await inventory.prune(stray(before, now))
        await inventory.put(MANIFESTS, now)


def _key_secret(preview: Preview) -> dict[str, Any]:
    metadata = {"name": names.OURS, "labels": names.labels(preview.name)}
    data = {KEY: base64.b64encode(preview.key).decode()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}


async def key_in(server: Server, name: str) -> bytes:
    """The key that a preview's secrets are made with, as whoever brought it up has left it."""
    found = await server.read(SECRET, name, names.OURS) or {}
    return base64.b64decode((found.get("data") or {}).get(KEY) or "")


async def delete(server: Server, home: Object) -> None:
    """Let a namespace go, just this one; return once the server has taken that in.

    One that is lent stays, with nothing of the preview in it. DevenvError: that takes too long.
    """
    resource, metadata = BY_KIND[home["kind"]], home["metadata"]
    if not is_a_preview(home):
        raise DevenvError(f"the namespace {namespace_of(home)} is not ours", "it is left as it is")
    namespace = metadata.get("namespace", "")
    await server.delete(resource, namespace, name_of(home), metadata["uid"])
    failpoint("home.deleted")
    if is_lent(home):
        await lending.free(server, home)
    await server.cache.until(lambda: _is_going(server, home), GOING_WITHIN)


GOING_WITHIN = 10.0


def _is_going(server: Server, home: Object) -> bool:
    now = server.cache.get(BY_KIND[home["kind"]], namespace_of(home), name_of(home))
    return now is None or is_leaving(now) or now["metadata"]["uid"] != home["metadata"]["uid"]


async def is_unused_since(server: Server, home: Object) -> bool:
    """Tell whether a home is the one that was seen, not used since: the server itself is asked."""
    resource, namespace = BY_KIND[home["kind"]], home["metadata"].get("namespace", "")
    now = await server.read(resource, namespace, name_of(home))
    return now is not None and use_of(now) == use_of(home)


async def annotate(
    server: Server,
    home: Object,
    *,
    holder: str = "",
    was_at_origin: bool = False,
    request: int = 0,
    **moments: float | None,
) -> None:
    """Write on a home who holds it, that the origin has had its branch, its request, and moments.

    These are our clock's: ``expires``, ``used``, and since when only its data is ``kept``; None
    takes one back. What is not said stays as it is.
    """
    known = {"expires": names.EXPIRES, "used": names.USED, "kept": names.KEPT}
    ahead = server.connection.clock.ahead
    told = {known[key]: at and stamp(at + ahead) for key, at in moments.items()}
    told |= {names.HOLDER: holder} if holder else {}
    told |= {names.AT_ORIGIN: YES} if was_at_origin else {}
    told |= {names.REQUEST: str(request)} if request else {}
    resource, namespace = BY_KIND[home["kind"]], home["metadata"].get("namespace", "")
    await server.merge(resource, namespace, name_of(home), {"metadata": {"annotations": told}})


def why_it_stays(made: Object) -> str:
    """What keeps a namespace that was deleted, in the server's words; "" while it just takes time.

    They name kinds, counts and finalizers.
    """
    said = _said(made)
    if not said.keys() & _HINDERS:
        return ""
    return "; ".join(dict.fromkeys(said[kind] or kind for kind in said))


def waits_for_pods(made: Object, now: float) -> bool:
    """Tell whether pods alone keep it, and have time to end: the server calls that a failure too.

    ``now`` is the server's.
    """
    said = _said(made)
    since = moment(made["metadata"].get("deletionTimestamp", ""))
    are_pods = said.keys() & _HINDERS <= {_UNFINISHED} and _PODS in said.get(_UNFINISHED, _PODS)
    return are_pods and since is not None and now - since < GOES_WITHIN


def kinds_left(made: Object) -> list[tuple[str, str]]:
    """Of which kinds something is left in a namespace that was deleted: plural and group."""
    return _KIND.findall(_said(made).get(_LEFT, ""))


def _said(made: Object) -> dict[str, str]:
    """What the server says of the end of a namespace, by the type of the condition that says it."""
    conditions = (made.get("status") or {}).get("conditions") or ()
    return {
        one["type"]: str(one.get("message") or "")
        for one in conditions
        if one.get("status") == "True" and one["type"] in _HINDERS | {_LEFT}
    }


_LEFT = "NamespaceContentRemaining"
"""True of each that is on its way: it only tells of which kinds there is something."""
_KIND = re.compile(r"([a-z0-9-]+)\.([a-z0-9.-]*) has [0-9]+ resource instances")
_UNFINISHED, _PODS = "NamespaceDeletionContentFailure", "Resource=pods"
_HINDERS = frozenset(
    {
        "NamespaceDeletionDiscoveryFailure",
        "NamespaceDeletionGroupVersionParsingFailure",
        _UNFINISHED,
        "NamespaceFinalizersRemaining",
    }
)
