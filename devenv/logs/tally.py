"""How many lines each page has, where that is known; and ranks, which are guesses until it is."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from devenv.logs.pages import Pages

_FIRST_GUESS = 2000


class Tally:
    """Counts by page; with ``guesses``, one not counted has as many as others, else none.

    Of the last one it has the share that this has of their bytes; and never fewer than it had.
    """

    def __init__(self, pages: Pages, *, guesses: bool) -> None:
        self._pages = pages
        self._guesses = guesses
        self._counts: dict[int, int] = {}
        self._former = (0, 0)
        """A page that was taken for not counted, and the lines it had: it may have more now."""
        self._sums: list[int] | None = None

    def note(self, number: int, count: int) -> None:
        if self._counts.get(number) != count:
            self._counts[number] = count
            self._sums = None

    def forget(self, number: int) -> None:
        """Take a page for not counted, and those before the first for gone."""
        self._former = number, self._counts.pop(number, self._guess(number, 0))
        self._sums = None
        for gone in [number for number in self._counts if number < self._pages.first]:
            del self._counts[gone]

    def count(self, number: int) -> int | None:
        return self._counts.get(number)

    @property
    def is_done(self) -> bool:
        return len(self._counts) == self._pages.last - self._pages.first + 1

    def is_done_from(self, number: int) -> bool:
        """Tell whether this page and all behind it are counted."""
        return all(later in self._counts for later in range(number, self._pages.last + 1))

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
            known = (counts.get(number, self._guess(number, guess)) for number in pages)
            self._sums = [0, *accumulate(known)]
        return self._sums

    def _guess(self, number: int, usual: int) -> int:
        """Return how many lines a page has, where the others have ``usual`` many."""
        guess = round(usual * self._pages.part) if number == self._pages.last else usual
        return max(guess, self._former[1]) if number == self._former[0] else guess
