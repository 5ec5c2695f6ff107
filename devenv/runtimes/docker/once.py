"""Work that several ask for at the same time, and that is done once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Generic, TypeVar

T = TypeVar("T")


class _UnderWay(Generic[T]):
    __slots__ = ("task", "version", "waiters")

    def __init__(self, version: str, task: asyncio.Task[T]) -> None:
        self.version: str | None = version
        """None: it has been given up, and is about to end."""
        self.task = task
        self.waiters = 0


class Once(Generic[T]):
    """Who asks for what is under way already waits for that; it ends when the last one gives up."""

    def __init__(self) -> None:
        self._under_way: dict[str, _UnderWay[T]] = {}

    async def do(
        self, key: str, work: Callable[[], Coroutine[None, None, T]], version: str = ""
    ) -> T:
        """Do ``work``, unless the same is under way; another version of it waits for that.

        Gives what the work gives, and raises what that raises.
        """
        while (found := self._under_way.get(key)) is not None and found.version != version:
            await asyncio.wait((found.task,))
        if found is None:
            found = self._begin(key, work, version)
        found.waiters += 1
        try:
            return await asyncio.shield(found.task)
        finally:
            found.waiters -= 1
            if not found.waiters and not found.task.done():
                found.version = None
                found.task.cancel()

    def _begin(
        self, key: str, work: Callable[[], Coroutine[None, None, T]], version: str
    ) -> _UnderWay[T]:
        made = _UnderWay(version, asyncio.create_task(work()))
        self._under_way[key] = made
        made.task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return made
