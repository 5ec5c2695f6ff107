"""Work that several ask for at the same time, and that is done once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

Work = Callable[[], Coroutine[None, None, None]]


class _UnderWay:
    __slots__ = ("task", "version", "waiters")

    def __init__(self, version: str, task: asyncio.Task[None]) -> None:
        self.version: str | None = version
        """None: it has been given up, and is about to end."""
        self.task = task
        self.waiters = 0


class Once:
    """Who asks for what is under way already waits for that; it ends when the last one gives up."""

    def __init__(self) -> None:
        self._under_way: dict[str, _UnderWay] = {}

    async def do(self, key: str, work: Work, version: str = "") -> None:
        """Do ``work``, unless the same is under way; another version of it waits for that.

        Raises what the work raises.
        """
        while (found := self._under_way.get(key)) is not None and found.version != version:
            await asyncio.wait((found.task,))
        if found is None:
            found = self._begin(key, work, version)
        found.waiters += 1
        try:
            await asyncio.shield(found.task)
        finally:
            found.waiters -= 1
            if not found.waiters and not found.task.done():
                found.version = None
                found.task.cancel()

    def _begin(self, key: str, work: Work, version: str) -> _UnderWay:
        made = _UnderWay(version, asyncio.create_task(work()))
        self._under_way[key] = made
        made.task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return made
