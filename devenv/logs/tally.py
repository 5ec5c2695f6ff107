"""How many lines each page has, where that is known; and ranks, which are guesses until it is."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from devenv.logs.pages import Pages

_FIRST_GUESS = 2000


class Tally:
    """Counts by page; with ``guesses``, one not counted has as many as others, else none."""

    def __init__(self, pages: Pages, *, guesses: bool) -> None:
        self._pages = pages
        self._guesses = guesses
        self._counts: dict[int, int] = {}
        self._sums: list[int] | None = None

    def note(self, number: int, count: int) -> None:
        if self._counts.get(number) != count:
            self._counts[number] = count
            self._sums = None

    def forget(self, number: int) -> None:
        """Take a page for not counted, and those before the first for gone."""
        self._counts.pop(number, None)
        self._sums = None
        for gone in [number for number in self._counts if number < self._pages.first]:
            del self._counts[gone]

    def count(self, number: int) -> int | None:
        return self._counts.get(number)

    @property
    def is_done(self) -> bool:
        return len(self._counts) == self._pages.last - self._pages.first + 1

    @property
    def total(self) -> int:
        return self._running()[-1]

    def ahead(self, number: int) -> int:
        """Return how many lines there are before this page."""
        last = self._pages.last - self._pages.first
        return self._running()[min(max(number - self._pages.first, 0), last)]

    def page_of(self, rank: int) -> int:
        """Return the page that has the line of this rank."""
        sums = self._running()
        return self._pages.first + min(max(bisect_right(sums, rank) - 1, 0), len(sums) - 2)

    def _running(self) -> list[int]:
        if self._sums is None:
            counts = self._counts
            guess = round(sum(counts.values()) / len(counts)) if counts else _FIRST_GUESS
            guess = guess if self._guesses else 0
            pages = range(self._pages.first, self._pages.last + 1)
            self._sums = [0, *accumulate(counts.get(number, guess) for number in pages)]
        return self._sums
