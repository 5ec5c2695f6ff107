"""One cluster, as far as it is ours: its connection, its cache, and the watches that feed it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from devenv.errors import DevenvError
from devenv.model.preview import Cluster
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.cache import Cache, Object, is_leaving, label
from devenv.runtimes.kubernetes.connection import Connection
from devenv.runtimes.kubernetes.errors import AwayError, RefusedError
from devenv.runtimes.kubernetes.pace import Pace
from devenv.runtimes.kubernetes.resources import (
    BY_KIND,
    NAMESPACE,
    WATCHED,
    Resource,
    name_of,
)
from devenv.runtimes.kubernetes.rows import moment
from devenv.runtimes.kubernetes.watching import Watcher

KNOWN_WITHIN = 20.0
"""Seconds for the first lists."""


class Server:
    """``away`` says why it cannot be asked; "" while it can."""

    def __init__(self, cluster: Cluster, hint: Callable[[str], None], pace: Pace) -> None:
        """``hint`` takes a namespace that is worth another look; "": all of them."""
        self.connection = Connection(cluster)
        self.cache = Cache(hint)
        self._hint = hint
        self._pace = pace
        self._said: dict[str, str] = {}
        self._heard = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def away(self) -> str:
        missing = len(self._said) < len(WATCHED)
        said = next((text for text in self._said.values() if text), "")
        return said or ("it was not asked yet" if missing else "")

    def start(self) -> None:
        """Begin to watch all there is of ours."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._watcher(one).run()) for one in WATCHED]

    async def open(self) -> str:
        """Wait until all there is of ours is known; return why that is not so now, or ""."""
        self.start()
        await self._settled()
        return self.away

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
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
            there = await self.get(path)
            if there is not None and label(there, names.PREVIEW) != preview:
                raise DevenvError(
                    f"{resource.kind} {name_of(made)} in {namespace} is not ours: {error.message}",
                    "remove or rename it",
                ) from error
            query = {**query, "force": "true"}
            found = await self.connection.call("PATCH", path, query=query, body=made)
        self.take(resource, found)
        return found

    async def get(self, path: str) -> Object | None:
        """An object as it is now; None where there is none."""
        try:
            return await self.connection.call("GET", path)
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

    def namespaces(self, preview: str, repository: str) -> list[Object]:
        """A preview's namespaces, the newest first; one that only has its name is none of them."""
        found = [
            one
            for one in self.cache.all(NAMESPACE)
            if label(one, names.PREVIEW) == preview
            and label(one, names.REPOSITORY) == names.digest(repository)
            and names.generation_of(preview, name_of(one))
        ]
        found.sort(key=lambda one: names.generation_of(preview, name_of(one)), reverse=True)
        return found

    def living(self, preview: str, repository: str) -> Object | None:
        """The namespace that a preview has now."""
        known = self.namespaces(preview, repository)
        return next((one for one in known if not is_leaving(one)), None)

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
                while len(self._said) < len(WATCHED):
                    self._heard.clear()
                    await self._heard.wait()
        except TimeoutError:
            return

    def _watcher(self, resource: Resource) -> Watcher:
        return Watcher(self.connection, resource, self.cache, say=self._say, pace=self._pace)

    def _say(self, resource: Resource, why: str) -> None:
        changed = self._said.get(resource.kind) != why
        self._said[resource.kind] = why
        self._heard.set()
        if changed:
            self._hint("")
