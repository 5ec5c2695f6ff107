"""The fake API server beside a test that blocks: in a thread with a loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tests.fakes.apiserver import ApiServer

T = TypeVar("T")
WITHIN = 45.0


class Beside:
    """``server`` belongs to the thread: ``ask`` has things done there."""

    def __init__(self, server: ApiServer, loop: asyncio.AbstractEventLoop) -> None:
        self.server = server
        self._loop = loop

    def ask(self, what: Callable[[ApiServer], T]) -> T:
        async def inside() -> T:
            return what(self.server)

        return asyncio.run_coroutine_threadsafe(inside(), self._loop).result(WITHIN)

    def names(self, plural: str) -> list[str]:
        """The names of all objects of a kind."""
        return self.ask(
            lambda one: [key[2] for key in sorted(one.store.objects) if key[0] == plural]
        )


@contextmanager
def beside() -> Iterator[Beside]:
    begun: list[Beside] = []
    ready, leave = threading.Event(), asyncio.Event()

    async def serve() -> None:
        server = ApiServer()
        async with server.serving():
            begun.append(Beside(server, asyncio.get_running_loop()))
            ready.set()
            await leave.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(WITHIN)
    try:
        yield begun[0]
    finally:
        begun[0]._loop.call_soon_threadsafe(leave.set)
        thread.join(WITHIN)
