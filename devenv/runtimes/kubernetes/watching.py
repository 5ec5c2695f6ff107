"""List and watch: one kind of a cluster into its cache, for as long as somebody cares.

A list is the truth, what follows are changes to it. After every gap there is a list again.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from devenv.errors import DevenvError
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.cache import Cache
from devenv.runtimes.kubernetes.connection import Connection, Waiting
from devenv.runtimes.kubernetes.errors import AwayError
from devenv.runtimes.kubernetes.pace import Pace
from devenv.runtimes.kubernetes.resources import Resource
from devenv.runtimes.kubernetes.silence import away

PAGE = 500
GONE = 410
SELECTOR = f"{names.MANAGED_BY}={names.OURS}"
Watched = tuple[Resource, str]
_BROKEN = (DevenvError, aiohttp.ClientError, OSError, ValueError, KeyError)
"""What ends a list or a watch: a TimeoutError is an OSError, what is no JSON a ValueError."""


class GoneError(Exception):
    """The version that we would go on from is too old: list again, at once."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a kind cannot be watched, "" when it can; ``lasting``: what is known of it is too old."""

    why: str = ""
    lasting: bool = False


class Watcher:
    """``what`` is a kind, and the namespace that it is watched in ("": all of them).

    ``say`` is told how it goes.
    """

    def __init__(
        self,
        connection: Connection,
        what: Watched,
        cache: Cache,
        *,
        say: Callable[[Watched, Trouble], None],
        pace: Pace,
    ) -> None:
        self._connection = connection
        self._what = what
        self._resource, self._namespace = what
        self._cache = cache
        self._say = say
        self._pace = pace
        self._clock = asyncio.get_running_loop().time
        self._version = ""
        self._well = -math.inf
        self._failures = 0

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            try:
                await self._follow()
            except GoneError:
                pause = random.uniform(0, self._pace.first_delay)
            except _BROKEN as error:
                pause = self._failed(error)
            await asyncio.sleep(pause)

    async def _follow(self) -> None:
        """Take all there is into the cache, and then what changes."""
        await self._list()
        self._well = self._clock()
        self._say(self._what, Trouble())
        while True:
            begun = self._clock()
            try:
                await self._watch()
            except TimeoutError:
                raise
            except _BROKEN:  # something on the way may end what lasts
                if self._clock() - begun < self._pace.longest_delay:
                    raise
            self._well, self._failures = self._clock(), 0

    def _failed(self, error: Exception) -> float:
        """Tell it, but for a single failure once all was well; return when to try again."""
        self._failures += 1
        silent = self._clock() - self._well
        if self._failures > 1 or silent > self._pace.borne:
            why = away(self._connection.cluster, error).message
            self._say(self._what, Trouble(why, silent > self._pace.borne))
        delay = self._pace.first_delay * 2.0 ** min(self._failures - 1, 10)
        pause = min(delay, self._pace.longest_delay) * random.uniform(0.5, 1.0)
        return max(pause, error.after) if isinstance(error, AwayError) else pause

    async def _list(self) -> None:
        """Take all there is into the cache."""
        found: list[dict[str, Any]] = []
        query: dict[str, Any] = {"labelSelector": SELECTOR, "limit": PAGE}
        path = self._resource.path(self._namespace)
        while True:
            page = await self._connection.call("GET", path, query=query, patience=0.0)
            found += page["items"]
            metadata = page["metadata"]
            if not metadata.get("continue"):
                self._cache.replace(self._resource, found, self._namespace)
                self._version = str(metadata["resourceVersion"])
                return
            query["continue"] = metadata["continue"]

    async def _watch(self) -> None:
        """Take in changes until the server ends the watch, as asked."""
        async for event in self._events():
            made = event["object"]
            match event["type"]:
                case "ERROR":
                    self._raise(made)
                case "DELETED":
                    self._cache.drop(self._resource, made)
                case "ADDED" | "MODIFIED":
                    self._cache.put(self._resource, made)
            self._version = made["metadata"]["resourceVersion"]

    async def _events(self) -> AsyncIterator[dict[str, Any]]:
        query = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "labelSelector": SELECTOR,
            "resourceVersion": self._version,
            "timeoutSeconds": max(1, int(self._pace.watch)),
        }
        waiting = Waiting(silence=self._pace.watch + self._pace.margin)
        path = self._resource.path(self._namespace)
        try:
            async with self._connection.open("GET", path, query=query, waiting=waiting) as answer:
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
