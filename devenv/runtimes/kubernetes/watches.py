"""All lists and watches of one cluster, and how they go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from devenv.runtimes.kubernetes.cache import Cache
from devenv.runtimes.kubernetes.connection import Connection
from devenv.runtimes.kubernetes.pace import Pace
from devenv.runtimes.kubernetes.resources import watched
from devenv.runtimes.kubernetes.watching import Trouble, Watched, Watcher

KNOWN_WITHIN = 20.0
"""Seconds for the first lists."""


class Watches:
    """``away`` says why nothing is known, ``stale`` why what is known may be old; or ""."""

    def __init__(
        self, connection: Connection, cache: Cache, pace: Pace, *, changed: Callable[[], None]
    ) -> None:
        """``changed`` is called when one of these has."""
        self._connection = connection
        self._cache = cache
        self._pace = pace
        self._changed = changed
        self._said: dict[Watched, Trouble] = {}
        self._heard = asyncio.Event()
        self._tasks: dict[Watched, asyncio.Task[None]] = {}

    @property
    def are_started(self) -> bool:
        return bool(self._tasks)

    @property
    def away(self) -> str:
        missing = not self._said or len(self._said) < len(self._tasks)
        said = next((one.why for one in self._said.values() if one.lasting), "")
        return said or ("it was not asked yet" if missing else "")

    @property
    def stale(self) -> str:
        return next((one.why for one in self._said.values() if one.why), "")

    def start(self, namespaces: Sequence[str]) -> None:
        """Begin to watch all there is of ours in these namespaces; none: in all."""
        for what in watched(namespaces):
            if what not in self._tasks:
                self._tasks[what] = self._watch(what)

    def again(self) -> None:
        """Forget what is wrong, and begin anew."""
        for what, task in self._tasks.items():
            task.cancel()
            self._tasks[what] = self._watch(what)
        self._said.clear()

    async def settle(self) -> None:
        """Wait until each has been listed once, or has failed."""
        try:
            async with asyncio.timeout(KNOWN_WITHIN):
                while len(self._said) < len(self._tasks):
                    self._heard.clear()
                    await self._heard.wait()
        except TimeoutError:
            return

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _watch(self, what: Watched) -> asyncio.Task[None]:
        watcher = Watcher(self._connection, what, self._cache, say=self._say, pace=self._pace)
        task = asyncio.create_task(watcher.run())
        task.add_done_callback(lambda done: self._ended(what, done))
        return task

    def _ended(self, what: Watched, task: asyncio.Task[None]) -> None:
        """A watch never ends by itself: tell it, for nothing of this kind is known any more."""
        if not task.cancelled():
            logging.error("the watch of %s failed", what[0].plural, exc_info=task.exception())
            self._say(what, Trouble("a bug of devenv: its log has more", lasting=True))

    def _say(self, what: Watched, trouble: Trouble) -> None:
        changed = self._said.get(what) != trouble
        self._said[what] = trouble
        self._heard.set()
        if changed:
            self._changed()
