"""The changes that an environment's loop is asked for, and those who wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from devenv.daemon.intent import Change
from devenv.errors import DevenvError

Kept = Callable[[], None]
Asked = tuple[Change, Kept, asyncio.Future[None]]


def nothing() -> None:
    """What most have to do once a change is on disk."""


class Inbox:
    """What was asked for since the last round; what this round has taken is not answered yet."""

    def __init__(self) -> None:
        self._asked: list[Asked] = []
        self._taken: list[Asked] = []

    def put(self, change: Change, kept: Kept = nothing) -> asyncio.Future[None]:
        """Ask for a change; the future is done when a round has taken it in.

        ``kept`` is called by who takes it in, once it is on disk: before anything is done about it.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked.append((change, kept, done))
        return done

    def take(self) -> list[Asked]:
        """Begin a round: all that was asked for."""
        self._taken, self._asked = self._asked, []
        return self._taken

    def answer(self) -> None:
        """End a round: tell those whose changes it has taken in."""
        for *_, done in self._taken:
            if not done.done():
                done.set_result(None)
        self._taken = []

    def fail(self, error: DevenvError) -> None:
        """Tell all who wait that it has failed."""
        for *_, done in (*self._taken, *self._asked):
            if not done.done():
                done.set_exception(error)
        self._taken, self._asked = [], []
