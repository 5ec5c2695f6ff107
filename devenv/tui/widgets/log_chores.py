"""Long work in small pieces, between which keys are answered and frames are painted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterator
from time import perf_counter

_PIECE = 0.005
"""Seconds at a time."""
_REST = 0.001
"""Seconds between two pieces: a key goes through many hands, and all of them act in one rest."""
_TELL_EVERY = 0.1
"""Seconds between two words on how far it is."""


class Chores:
    """Works off the first of ``order`` that there is, piece by piece, and then the next.

    A new chore takes the place of the old one of its name, and nothing is left of that.
    """

    def __init__(self, order: tuple[str, ...], progress: Callable[[], None]) -> None:
        self._order = order
        self._progress = progress
        self._chores: dict[str, Iterator[object]] = {}
        self._wanted = asyncio.Event()

    def start(self, name: str, chore: Iterator[object]) -> None:
        self._chores[name] = chore
        self._wanted.set()

    def stop(self, name: str) -> None:
        chore = self._chores.pop(name, None)
        if isinstance(chore, Generator):
            chore.close()

    def is_at(self, name: str) -> bool:
        return name in self._chores

    async def run(self) -> None:
        """Work until cancelled; sleep while there is nothing to do."""
        told = 0.0
        while True:
            await self._wanted.wait()
            while name := next((name for name in self._order if name in self._chores), ""):
                self._piece(name, self._chores[name])
                if perf_counter() - told > _TELL_EVERY:
                    self._progress()
                    told = perf_counter()
                await asyncio.sleep(_REST)
            self._wanted.clear()
            self._progress()

    def _piece(self, name: str, chore: Iterator[object]) -> None:
        end = perf_counter() + _PIECE
        while perf_counter() < end:
            try:
                next(chore)
            except StopIteration:
                if self._chores.get(name) is chore:
                    del self._chores[name]
                return
