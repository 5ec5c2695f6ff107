"""One cluster, as far as it is ours: its connection, its cache, and the watches that feed it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from devenv.errors import DevenvError
from devenv.model.preview import Cluster
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.cache import Cache, Object, label
from devenv.runtimes.kubernetes.connection import Connection
from devenv.runtimes.kubernetes.errors import AwayError, RefusedError
from devenv.runtimes.kubernetes.homes import Homes
from devenv.runtimes.kubernetes.pace import Pace
from devenv.runtimes.kubernetes.resources import (
    BY_KIND,
    WATCHED,
    Resource,
    name_of,
    watched,
)
from devenv.runtimes.kubernetes.rows import moment
from devenv.runtimes.kubernetes.watching import Watched, Watcher

KNOWN_WITHIN = 20.0
"""Seconds for the first lists."""


class Server:
    """``away`` says why it cannot be asked; "" while it can."""

    def __init__(self, cluster: Cluster, hint: Callable[[str], None], pace: Pace) -> None:
        """``hint`` takes a namespace that is worth another look; "": all of them."""
        self.connection = Connection(cluster)
        self.cache = Cache(hint)
        self.homes = Homes(self.cache)
        self._hint = hint
        self._pace = pace
        self._said: dict[Watched, str] = {}
        self._heard = asyncio.Event()
        self._tasks: dict[Watched, asyncio.Task[None]] = {}

    @property
    def away(self) -> str:
        missing = not self._said or len(self._said) < len(self._tasks)
        said = next((text for text in self._said.values() if text), "")
        return said or ("it was not asked yet" if missing else "")

    def widen(self, namespaces: Sequence[str]) -> None:
        """Watch these too, of those that were made for previews; what was watched stays so."""
        cluster = self.connection.cluster
        if not set(namespaces) <= set(cluster.namespaces):
            all_of_them = tuple(dict.fromkeys((*cluster.namespaces, *namespaces)))
            self.connection.cluster = replace(cluster, namespaces=all_of_them)
            if self._tasks:
                self.start()

    def start(self) -> None:
        """Begin to watch all there is of ours."""
        for what in watched(self.connection.cluster.namespaces):
            if what not in self._tasks:
                self._tasks[what] = asyncio.create_task(self._watcher(what).run())

    async def open(self) -> str:
        """Wait until all there is of ours is known; return why that is not so now, or ""."""
        self.start()
        await self._settled()
        return self.away

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self.connection.close()

    async def apply(self, namespace: str, made: Object, preview: str) -> Object:
        """Make an object so, as its only manager. DevenvError: it is somebody else's."""
        resource = BY_KIND[made["kind"]]
        path = resource.path(namespace, name_of(made))
        query = {"fieldManager": names.OURS}
        try:
            found = await self.connection.call("PATCH", path, query=query, body=made)
        except RefusedError as error:
            if error.status != 409:
                raise
            there = await self.read(resource, namespace, name_of(made))
            if there is not None and label(there, names.PREVIEW) != preview:
                raise DevenvError(
                    f"{resource.kind} {name_of(made)} in {namespace} is not ours: {error.message}",
                    "remove or rename it",
                ) from error
            query = {**query, "force": "true"}
            found = await self.connection.call("PATCH", path, query=query, body=made)
        self.take(resource, found)
        return found

    async def read(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """An object as it is now; None where there is none."""
        # A patch, for admission is asked about it: so a grant can let us read what previews have,
        # and nothing else. A get would need the right to all Secrets of the cluster.
        path = resource.path(namespace, name)
        try:
            return await self.connection.call("PATCH", path, body={"metadata": {}})
        except RefusedError as error:
            if error.status == 404:
                return None
            raise

    async def merge(
        self, resource: Resource, namespace: str, name: str, body: Mapping[str, Any]
    ) -> None:
        """Change some fields of an object; nothing where there is none."""
        try:
            path = resource.path(namespace, name)
            self.take(resource, await self.connection.call("PATCH", path, body=body))
        except RefusedError as error:
            if error.status != 404:
                raise

    async def delete(self, resource: Resource, namespace: str, name: str, uid: str) -> None:
        """Delete just this object; another one of its name is left alone."""
        body = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        try:
            await self.connection.call("DELETE", resource.path(namespace, name), body=body)
        except RefusedError as error:
            if error.status not in {404, 409}:
                raise

    def take(self, resource: Resource, made: Object) -> None:
        """Know at once what the server has answered."""
        if resource in WATCHED and made.get("kind", resource.kind) == resource.kind:
            self.cache.put(resource, made)

    def local(self, stamp: str) -> float | None:
        """A moment of the server as our clock has it, in seconds since the epoch."""
        found = moment(stamp)
        return None if found is None else found - self.connection.ahead

    def need(self) -> None:
        """Raise AwayError unless it can be asked."""
        if self.away:
            raise AwayError(self.away, f"devenv cluster check {self.connection.cluster.name}")

    async def _settled(self) -> None:
        try:
            async with asyncio.timeout(KNOWN_WITHIN):
                while len(self._said) < len(self._tasks):
                    self._heard.clear()
                    await self._heard.wait()
        except TimeoutError:
            return

    def _watcher(self, what: Watched) -> Watcher:
        return Watcher(self.connection, what, self.cache, say=self._say, pace=self._pace)

    def _say(self, what: Watched, why: str) -> None:
        changed = self._said.get(what) != why
        self._said[what] = why
        self._heard.set()
        if changed:
            self._hint("")
