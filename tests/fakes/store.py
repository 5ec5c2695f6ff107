"""The objects of the fake API server: stored with versions, merged as patches say, watched."""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
Key = tuple[str, str, str]
"""Plural, namespace, name."""


@dataclass(frozen=True)
class Change:
    """One change of an object, as a watch tells it."""

    kind: str
    plural: str
    made: Object

    @property
    def version(self) -> int:
        return int(self.made["metadata"]["resourceVersion"])


class Store:
    """``changes`` is all that ever happened."""

    def __init__(self) -> None:
        self.objects: dict[Key, Object] = {}
        self.changes: list[Change] = []
        self.news = asyncio.Event()
        self._versions = itertools.count(1)
        self._uids = itertools.count(1)

    @property
    def version(self) -> int:
        return self.changes[-1].version if self.changes else 0

    def put(self, key: Key, made: Object) -> Object:
        """Make an object, or change one: only what differs is a change."""
        before = self.objects.get(key)
        made = copy.deepcopy(made)
        metadata = made.setdefault("metadata", {})
        metadata |= {"name": key[2]} | ({"namespace": key[1]} if key[1] else {})
        if before is not None:
            _number_generation(before, made)
            if {**made, "metadata": {**metadata, "resourceVersion": ""}} == {
                **before,
                "metadata": {**before["metadata"], "resourceVersion": ""},
            }:
                return before
        else:
            metadata |= {
                "uid": f"uid-{next(self._uids)}",
                "generation": 1,
                "creationTimestamp": "2026-01-01T00:00:00Z",
            }
        self._record("ADDED" if before is None else "MODIFIED", key, made)
        self.objects[key] = made
        return made

    def remove(self, key: Key) -> None:
        gone = copy.deepcopy(self.objects.pop(key))
        self._record("DELETED", key, gone)

    def select(self, plural: str, namespace: str, selector: Mapping[str, str]) -> Iterator[Object]:
        for key, one in sorted(self.objects.items()):
            if key[0] == plural and namespace in ("", key[1]) and matches(one, selector):
                yield one

    def _record(self, kind: str, key: Key, made: Object) -> None:
        made["metadata"]["resourceVersion"] = str(next(self._versions))
        self.changes.append(Change(kind, key[0], copy.deepcopy(made)))
        self.news.set()
        self.news = asyncio.Event()


def _number_generation(before: Object, made: Object) -> None:
    for name in ("uid", "creationTimestamp", "generation"):
        made["metadata"][name] = before["metadata"][name]
    if before.get("spec") != made.get("spec"):
        made["metadata"]["generation"] += 1


def matches(made: Object, selector: Mapping[str, str]) -> bool:
    labels = made["metadata"].get("labels") or {}
    return all(labels.get(name) == value for name, value in selector.items())


def merged(before: Any, patch: Any) -> Any:
    """A merge patch (RFC 7386), which does for an apply too, as long as one manager applies."""
    if not isinstance(patch, Mapping):
        return patch
    made = dict(before) if isinstance(before, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = merged(made.get(name), value)
    return made
