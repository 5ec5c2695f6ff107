"""What was applied for each service, in a ConfigMap of the namespace: what is no more is pruned.

It also keeps which digests its images are pinned to, for whoever brings the preview up again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.cache import Object
from devenv.runtimes.kubernetes.resources import BY_KIND, CONFIG_MAP, name_of
from devenv.runtimes.kubernetes.server import Server

NAME = "devenv-inventory"
MANIFESTS = ".manifests"
"""What stands in the place of a service for what no service has: no service can be called so."""
DIGESTS = ".digests"
"""Under this are digests, by the names of images."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One object that we have made."""

    kind: str
    name: str
    uid: str


def entry_of(made: Object) -> Entry:
    return Entry(str(made["kind"]), name_of(made), str(made["metadata"]["uid"]))


def stray(before: Iterable[Entry], now: Iterable[Entry]) -> list[Entry]:
    """What was made for a service and is not of it any more, whatever its uid is now."""
    kept = {(one.kind, one.name) for one in now}
    return sorted(one for one in before if (one.kind, one.name) not in kept)


class Inventory:
    """That of one namespace."""

    def __init__(self, server: Server, namespace: str, preview: str) -> None:
        self._server = server
        self._namespace = namespace
        self._preview = preview

    async def of(self, service: str) -> list[Entry]:
        """What was made for a service."""
        return (await self.all()).get(service, [])

    async def all(self) -> dict[str, list[Entry]]:
        """What was made, by service."""
        return {
            service: [Entry(*one) for one in json.loads(held) if one[0] in BY_KIND]
            for service, held in (await self._data()).items()
            if service != DIGESTS
        }

    async def digests(self) -> dict[str, str]:
        """What images are pinned to, by their names; "" for one that is not."""
        found: dict[str, str] = json.loads((await self._data()).get(DIGESTS) or "{}")
        return found

    async def _data(self) -> dict[str, str]:
        found = await self._server.read(CONFIG_MAP, self._namespace, NAME) or {}
        return found.get("data") or {}

    async def put(self, service: str, entries: Iterable[Entry]) -> None:
        """Write down what a service has; nothing of it: forget it."""
        listed = [[one.kind, one.name, one.uid] for one in sorted(entries)]
        data = {service: json.dumps(listed) if listed else None}
        await self._server.merge(CONFIG_MAP, self._namespace, NAME, {"data": data})

    async def prune(self, entries: Iterable[Entry]) -> None:
        """Delete just these objects."""
        await asyncio.gather(
            *(
                self._server.delete(BY_KIND[one.kind], self._namespace, one.name, one.uid)
                for one in entries
            )
        )


def empty(preview: str, digests: Mapping[str, str]) -> Object:
    """The ConfigMap as it is made; each service's entry is put in later."""
    metadata = {"name": NAME, "labels": names.labels(preview)}
    data = {DIGESTS: json.dumps(digests, sort_keys=True)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
