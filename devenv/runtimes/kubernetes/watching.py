"""List and watch: one kind of a cluster into its cache, for as long as somebody cares.

A list is the truth, what follows are changes to it. After every gap there is a list again.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp

from devenv.errors import DevenvError
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.cache import Cache
from devenv.runtimes.kubernetes.connection import Connection, TryAgainError
from devenv.runtimes.kubernetes.pace import Pace
from devenv.runtimes.kubernetes.resources import Resource

PAGE = 500
GONE = 410
SELECTOR = f"{names.MANAGED_BY}={names.OURS}"
Watched = tuple[Resource, str]


class GoneError(Exception):
    """The version that we would go on from is too old: list again, at once."""


class Watcher:
    """``what`` is a kind, and the namespace that it is watched in ("": all of them).

    ``say`` is told why the server cannot be asked; "" when it can.
    """

    def __init__(
        self,
        connection: Connection,
        what: Watched,
        cache: Cache,
        *,
        say: Callable[[Watched, str], None],
        pace: Pace,
    ) -> None:
        self._connection = connection
        self._what = what
        self._resource, self._namespace = what
        self._cache = cache
        self._say = say
        self._pace = pace

    async def run(self) -> None:
        """Go on until cancelled."""
        delay = self._pace.first_delay
        well = -math.inf
        while True:
            try:
                version = await self._list()
                self._say(self._what, "")
                delay = self._pace.first_delay
                while True:
                    well = time.monotonic()
                    version = await self._watch(version)
            except GoneError:
                pause = random.uniform(0, self._pace.first_delay)
            except (
                DevenvError,
                TryAgainError,
                aiohttp.ClientError,
                TimeoutError,
                OSError,
            ) as error:
                if time.monotonic() - well > self._pace.borne:
                    self._say(self._what, _words(error))
                pause = delay * random.uniform(0.5, 1.0)
                delay = min(delay * 2, self._pace.longest_delay)
            await asyncio.sleep(pause)

    async def _list(self) -> str:
        """Take all there is into the cache; return the version that a watch goes on from."""
        found: list[dict[str, Any]] = []
        query: dict[str, Any] = {"labelSelector": SELECTOR, "limit": PAGE}
        path = self._resource.path(self._namespace)
        while True:
            page = await self._connection.call("GET", path, query=query, tries=1)
            found += page["items"]
            metadata = page["metadata"]
            if not metadata.get("continue"):
                self._cache.replace(self._resource, found, self._namespace)
                return str(metadata["resourceVersion"])
            query["continue"] = metadata["continue"]

    async def _watch(self, version: str) -> str:
        """Take in changes until the server ends the watch, as asked; return the last version."""
        async for event in self._events(version):
            made = event["object"]
            match event["type"]:
                case "ERROR":
                    self._raise(made)
                case "DELETED":
                    self._cache.drop(self._resource, made)
                case "ADDED" | "MODIFIED":
                    self._cache.put(self._resource, made)
            version = made["metadata"]["resourceVersion"]
        return version

    async def _events(self, version: str) -> AsyncIterator[dict[str, Any]]:
        query = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "labelSelector": SELECTOR,
            "resourceVersion": version,
            "timeoutSeconds": max(1, int(self._pace.watch)),
        }
        patience = self._pace.watch + self._pace.margin
        path = self._resource.path(self._namespace)
        try:
            async with self._connection.open("GET", path, query=query, patience=patience) as answer:
                async for line in answer.content:
                    yield json.loads(line)
        except DevenvError as error:
            if getattr(error, "status", 0) == GONE:
                raise GoneError from error
            raise

    @staticmethod
    def _raise(status: dict[str, Any]) -> None:
        if status.get("code") == GONE:
            raise GoneError
        raise DevenvError(str(status.get("message") or "the watch failed"))


def _words(error: Exception) -> str:
    if isinstance(error, TryAgainError):
        return error.cause.message
    if isinstance(error, DevenvError):
        return error.message
    return str(error) or type(error).__name__
