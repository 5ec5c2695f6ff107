"""What a cluster has of ours, as the watches last said: plain objects, by kind and by namespace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.resources import HOMES, NAMESPACE, WORKLOADS, Resource

T = TypeVar("T")
Object = Mapping[str, Any]
Key = tuple[str, str]
"""Namespace and name; a Namespace is in itself, and has no other name."""
Hint = Callable[[str], None]
ALL_HOMES = ""
REMEMBERED = 1000
"""Objects of which it is known that they are gone."""


class Cache:
    """Fed by watches and by the answers to what we ask. ``hint`` takes a namespace to look at."""

    def __init__(self, hint: Hint) -> None:
        self._hint = hint
        self._objects: dict[str, dict[str, dict[str, Object]]] = {}
        self._gathered: dict[str, dict[Any, Any]] = {}
        self._gone: dict[str, None] = {}
        self._refusals: dict[str, str] = {}
        self._news = asyncio.Event()

    def put(self, resource: Resource, made: Object) -> None:
        """Take in an object, unless what is known of it is newer."""
        namespace, name = _key(resource, made)
        beside = self._of(resource, namespace)
        known = beside.get(name)
        if known is not None and _is_older(made, known):
            return
        beside[name] = _kept(resource, made)
        self._changed(resource, namespace)

    def has_gone(self, made: Object) -> bool:
        """Tell whether an object went already; what was asked before may be answered after that."""
        return made["metadata"]["uid"] in self._gone

    def drop(self, resource: Resource, gone: Object) -> None:
        """Forget an object; another one of its name stays."""
        self._gone[gone["metadata"]["uid"]] = None
        if len(self._gone) > REMEMBERED:
            del self._gone[next(iter(self._gone))]
        namespace, name = _key(resource, gone)
        beside = self._of(resource, namespace)
        known = beside.get(name)
        if known is not None and known["metadata"]["uid"] == gone["metadata"]["uid"]:
            del beside[name]
            if not beside:
                del self._objects[resource.kind][namespace]
            self._changed(resource, namespace)

    def replace(self, resource: Resource, listed: Iterable[Object], namespace: str = "") -> None:
        """Take a whole list (of one namespace where it is named): what is not in it is gone."""
        there: dict[str, dict[str, Object]] = {}
        for one in listed:
            where, name = _key(resource, one)
            there.setdefault(where, {})[name] = _kept(resource, one)
        known = self._objects.get(resource.kind, {})
        kept = {where: one for where, one in known.items() if namespace not in ("", where)}
        self._objects[resource.kind] = {**kept, **there}
        for where in (known.keys() - kept.keys()) | there.keys():
            if known.get(where) != there.get(where):
                self._changed(resource, where)

    def get(self, resource: Resource, namespace: str, name: str = "") -> Object | None:
        beside = self._objects.get(resource.kind, {}).get(namespace, {})
        return beside.get("" if resource is NAMESPACE else name)

    def all(self, resource: Resource, namespace: str = "") -> Iterator[Object]:
        """All of a kind; of one namespace where it is named."""
        known = self._objects.get(resource.kind, {})
        for beside in [known.get(namespace, {})] if namespace else known.values():
            yield from beside.values()

    def workloads(self, namespace: str) -> Iterator[tuple[Resource, Object]]:
        for resource in WORKLOADS:
            for one in self.all(resource, namespace):
                yield resource, one

    def refuse(self, namespace: str, uid: str, why: str) -> None:
        """Know why a workload's pods are not made; "": nothing keeps them from being."""
        if self._refusals.get(uid, "") != why:
            self._refusals = {**self._refusals, uid: why}
            if not why:
                del self._refusals[uid]
            self._told(namespace)

    def refusal(self, workload: Object) -> str:
        """Why its pods are not made, where that is known; ""."""
        return self._refusals.get(workload["metadata"].get("uid", ""), "")

    def gathered(self, namespace: str, gather: Callable[[Cache, str], T]) -> T:
        """What is made of a namespace by ``gather``: anew only once something in it has changed.

        ALL_HOMES is one too, in which all namespaces and leases are.
        """
        known = self._gathered.setdefault(namespace, {})
        if gather not in known:
            known[gather] = gather(self, namespace)
        found: T = known[gather]
        return found

    async def until(self, condition: Callable[[], bool], within: float) -> bool:
        """Wait until ``condition`` holds, for at most ``within`` seconds; tell whether it does."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not condition():
                    await self._news.wait()
        return condition()

    def _of(self, resource: Resource, namespace: str) -> dict[str, Object]:
        return self._objects.setdefault(resource.kind, {}).setdefault(namespace, {})

    def _changed(self, resource: Resource, namespace: str) -> None:
        if resource in HOMES:
            self._gathered.pop(ALL_HOMES, None)
        self._told(namespace)

    def _told(self, namespace: str) -> None:
        self._gathered.pop(namespace, None)
        self._hint(namespace)
        self._news.set()
        self._news = asyncio.Event()


def _key(resource: Resource, made: Object) -> Key:
    metadata = made["metadata"]
    if resource is NAMESPACE:
        return metadata["name"], ""
    return metadata["namespace"], metadata["name"]


def _kept(resource: Resource, made: Object) -> Object:
    """An object without who set which field, which is half of it; in a list it has no kind."""
    metadata = {k: v for k, v in made["metadata"].items() if k != "managedFields"}
    return {**made, "kind": resource.kind, "apiVersion": resource.version, "metadata": metadata}


def _is_older(made: Object, known: Object) -> bool:
    """Tell whether an event tells of a time before what we know; both must be of one object."""
    ours, theirs = known["metadata"], made["metadata"]
    if ours["uid"] != theirs["uid"]:
        return False
    versions = (theirs["resourceVersion"], ours["resourceVersion"])
    return all(one.isdecimal() for one in versions) and int(versions[0]) < int(versions[1])


def label(made: Object, name: str) -> str:
    return str((made["metadata"].get("labels") or {}).get(name, ""))


def annotation(made: Object, name: str) -> str:
    return str((made["metadata"].get("annotations") or {}).get(name, ""))


def condition(made: Object, kind: str) -> Mapping[str, Any]:
    """What an object says of itself in this respect; nothing where it does not."""
    conditions = (made.get("status") or {}).get("conditions") or ()
    return next((one for one in conditions if one["type"] == kind), {})


def is_leaving(made: Object) -> bool:
    return bool(made["metadata"].get("deletionTimestamp"))


def is_ours(made: Object) -> bool:
    return label(made, names.MANAGED_BY) == names.OURS
