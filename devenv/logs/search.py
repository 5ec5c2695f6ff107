"""Search a document: the next match from a place, and how many there are, in small pieces."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from devenv.logs.document import Document, Place, chosen, nearest_first
from devenv.logs.find import Finder
from devenv.logs.skim import Skim


class Search:
    """Matches of ``finder`` among the lines that ``document`` shows or has folded."""

    def __init__(self, document: Document, finder: Finder) -> None:
        self.finder = finder
        self._document = document
        self._counts: dict[int, int] = {}
        literal = finder.literal
        self._skim = Skim(document.pages, literal) if literal else None
        self._newest: tuple[int, list[int]] = (-1, [])
        """The page that was looked at last, and what matches in it."""

    def extend(self, last: int) -> None:
        """Forget what is known of the page that was the last one and has grown, and of the gone."""
        self._counts.pop(last, None)
        for gone in [number for number in self._counts if number < self._document.pages.first]:
            del self._counts[gone]
        self._newest = (-1, [])

    @property
    def total(self) -> int:
        """How many lines match, as far as they were looked at."""
        return sum(self._counts.values())

    @property
    def is_done(self) -> bool:
        pages = self._document.pages
        return all(number in self._counts for number in range(pages.first, pages.last + 1))

    def rank(self, place: Place) -> int:
        """Return how many matches are at or ahead of ``place``, as ``total`` counts."""
        ahead = sum(count for number, count in self._counts.items() if number < place[0])
        return ahead + bisect_right(self._matches(place[0]), place[1])

    def survey(self, around: int) -> Iterator[None]:
        """Count the matches of all pages, those near ``around`` first, some at a time."""
        for number in nearest_first(self._document.pages, around):
            if number not in self._counts:
                self._matches(number)
                yield

    def after(self, place: Place) -> Iterator[Place | None]:
        """Yield None from time to time, and at last the first match behind ``place``."""
        matches = self._matches(place[0])
        index = bisect_right(matches, place[1])
        if index < len(matches):
            yield place[0], matches[index]
            return
        for number in range(place[0] + 1, self._document.pages.last + 1):
            if self._counts.get(number) != 0 and (matches := self._matches(number)):
                yield number, matches[0]
                return
            yield None

    def before(self, place: Place) -> Iterator[Place | None]:
        """Yield None from time to time, and at last the last match ahead of ``place``."""
        matches = self._matches(place[0])
        index = bisect_left(matches, place[1])
        if index:
            yield place[0], matches[index - 1]
            return
        for number in range(place[0] - 1, self._document.pages.first - 1, -1):
            if self._counts.get(number) != 0 and (matches := self._matches(number)):
                yield number, matches[-1]
                return
            yield None

    def _matches(self, number: int) -> list[int]:
        document = self._document
        if number == self._newest[0]:
            return self._newest[1]
        if not document.pages.first <= number <= document.pages.last:
            return []
        if self._skim is not None and number < document.pages.last and self._skim.lacks(number):
            self._counts[number] = 0
            return []
        page = document.page(number)
        matches = self.finder.lines(page.text)
        if matches and document.lens.filters:
            kept = set(chosen(page, document.lens))
            matches = [match for match in matches if match in kept]
        self._counts[number] = len(matches)
        self._newest = (number, matches)
        return matches
