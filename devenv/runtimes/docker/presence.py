"""Whether an engine can be asked: how it is found to be away, and how long one is waited for."""

from __future__ import annotations

import asyncio
from contextlib import suppress

NOT_ASKED = "it was not asked yet"
FIRST_DELAY = 0.1
LONGEST_DELAY = 5.0
"""Seconds between two tries to reach an engine that is away."""
TRIES = 4
"""How often in a row it must fail before it counts as away, unless there surely is none."""
ANSWER = 3.0
"""Seconds that one that is away has for an answer when somebody asks for it."""
MOMENT = 3.0
"""Seconds that one that was there just now has to come back, until somebody is refused."""


class Presence:
    """``away`` says why it cannot be asked; "" while it can."""

    def __init__(self) -> None:
        self.away = NOT_ASKED
        self._known = asyncio.Event()
        self._here = asyncio.Event()
        self._asked = asyncio.Event()
        self._lost = -MOMENT
        self._failures = 0

    async def asked(self) -> None:
        """Wait for what the first try finds out, or for one more while it is away."""
        if self.away == NOT_ASKED:
            await self._known.wait()
        elif self.away:
            await self._ask_again()

    async def _ask_again(self) -> None:
        """Wait for one more try; where it was there just now, for a moment until it is back."""
        now = asyncio.get_running_loop().time()
        self._known.clear()
        self._asked.set()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(now + ANSWER):
                await self._known.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._lost + MOMENT):
                await self._here.wait()

    async def pause(self) -> None:
        """Wait until the next try is due, or somebody asks for it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(
                min(FIRST_DELAY * 2.0 ** min(self._failures, 16), LONGEST_DELAY)
            ):
                await self._asked.wait()
        self._asked.clear()

    def failed(self, reason: str, *, sure: bool) -> bool:
        """Take in a try that has failed; tell whether that is news."""
        self._failures += 1
        if self._failures < TRIES and not sure:
            return False
        if self._here.is_set():
            self._lost = asyncio.get_running_loop().time()
            self._here.clear()
        changed, self.away = self.away != reason, reason
        self._known.set()
        return changed

    def is_back(self) -> None:
        self.away, self._failures = "", 0
        self._known.set()
        self._here.set()
