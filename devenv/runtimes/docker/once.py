"""Work that several ask for at the same time, and that is done once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine


class Once:
    """Who asks for what is under way already waits for that; who gives up stops nobody."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def do(self, key: str, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Do ``work``, unless the same key is under way. Raises what that raises."""
        task = self._tasks.get(key)
        if task is None:
            task = asyncio.create_task(work())
            self._tasks[key] = task
            task.add_done_callback(lambda _: self._tasks.pop(key, None))
        await asyncio.shield(task)
