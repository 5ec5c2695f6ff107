"""One cluster, as far as it is ours: its connection, its cache, and the watches that feed it."""

from __future__ import annotations

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
from devenv.runtimes.kubernetes.refusals import Refusals
from devenv.runtimes.kubernetes.resources import (
    BY_KIND,
    WATCHED,
    Resource,
    name_of,
)
from devenv.runtimes.kubernetes.watches import Watches

ABSENT, CONFLICT = 404, 409


class Server:
    """``away`` says why nothing is known of it, ``stale`` why what is known may be old; or ""."""

    def __init__(self, cluster: Cluster, hint: Callable[[str], None], pace: Pace) -> None:
        """``hint`` takes a namespace that is worth another look; "": all of them."""

        def changed() -> None:
            hint("")

        self.connection = Connection(cluster, changed)
        self.cache = Cache(hint)
        self.homes = Homes(self.cache)
        self.refusals = Refusals(self.connection, self.cache)
        self._watches = Watches(self.connection, self.cache, pace, changed=changed)

    @property
    def away(self) -> str:
        return self._watches.away

    @property
    def stale(self) -> str:
        return self._watches.stale or self.connection.trouble

    def widen(self, namespaces: Sequence[str]) -> None:
        """Watch these too, of those that were made for previews; what was watched stays so."""
        cluster = self.connection.cluster
        if not set(namespaces) <= set(cluster.namespaces):
            all_of_them = tuple(dict.fromkeys((*cluster.namespaces, *namespaces)))
            self.connection.cluster = replace(cluster, namespaces=all_of_them)
            if self._watches.are_started:
                self.start()

    def start(self) -> None:
        """Begin to watch all there is of ours."""
        self._watches.start(self.connection.cluster.namespaces)

    async def open(self) -> str:
        """Wait until all there is of ours is known; return why that is not so now, or ""."""
        self.start()
        await self._watches.settle()
        return self.away

    async def reach(self, given: str | None = None) -> None:
        """Open it for somebody who asks now, and goes on with what its plugin has ``given`` them.

        DevenvError: that is of no use. AwayError, LoginError.
        """
        credentials = self.connection.credentials
        if given is not None:
            await credentials.take(given)
            self._watches.again()
        elif credentials.ask():
            await self.connection.call("GET", "/version", patience=0.0)
            credentials.login = None  # the server takes what there is
            self._watches.again()
        await self.open()
        self.need()

    async def close(self) -> None:
        await self._watches.close()
        await self.refusals.close()
        await self.connection.close()

    async def apply(self, namespace: str, made: Object, preview: str) -> Object:
        """Make an object so, as its only manager. DevenvError: it is somebody else's."""
        resource = BY_KIND[made["kind"]]
        path = resource.path(namespace, name_of(made))
        query = {"fieldManager": names.OURS}
        try:
            found = await self.connection.call("PATCH", path, query=query, body=made)
        except RefusedError as error:
            if error.status != CONFLICT:
                raise
            there = await self.read(resource, namespace, name_of(made))
            if there is not None and label(there, names.PREVIEW) != preview:
                raise DevenvError(
                    f"{resource.kind} {name_of(made)} in {namespace} is not ours: {error.message}",
                    "remove or rename it",
                ) from error
            found = await self._patch(path, made, {**query, "force": "true"})
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
            if error.status == ABSENT:
                return None
            raise

    async def merge(
        self, resource: Resource, namespace: str, name: str, body: Mapping[str, Any]
    ) -> None:
        """Change some fields of an object; nothing where there is none."""
        try:
            self.take(resource, await self._patch(resource.path(namespace, name), body))
        except RefusedError as error:
            if error.status != ABSENT:
                raise

    async def delete(self, resource: Resource, namespace: str, name: str, uid: str) -> None:
        """Delete just this object; another one of its name is left alone."""
        body = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        try:
            await self.connection.call("DELETE", resource.path(namespace, name), body=body)
        except RefusedError as error:
            if error.status not in {ABSENT, CONFLICT}:
                raise

    def take(self, resource: Resource, made: Object) -> None:
        """Know at once what the server has answered, unless it went meanwhile."""
        is_one = resource in WATCHED and made.get("kind", resource.kind) == resource.kind
        if is_one and not self.cache.has_gone(made):
            self.cache.put(resource, made)

    def need(self) -> None:
        """Raise AwayError unless it can be asked; LoginError: not before somebody logs in."""
        if login := self.connection.credentials.login:
            raise login.error()
        if self.away:
            raise AwayError(self.away, f"devenv cluster check {self.connection.cluster.name}")

    async def _patch(
        self, path: str, body: object, query: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Patch what nobody else has a say in. AwayError: it is changed at this very moment."""
        try:
            return await self.connection.call("PATCH", path, query=query, body=body)
        except RefusedError as error:
            if error.status == CONFLICT:
                raise AwayError(error.message) from error
            raise
