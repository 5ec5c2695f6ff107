"""What a view of logs reads from: sources, the document made of them, the search in it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from devenv.logs.document import Document, Lens, Place
from devenv.logs.find import Finder
from devenv.logs.pages import Pages
from devenv.logs.search import Search
from devenv.logs.source import Source


class Reading:
    """Sources opened together; a filter or a search makes a new document or search on them."""

    def __init__(self, sources: Sequence[Source], lens: Lens) -> None:
        self.sources = sources
        self.search: Search | None = None
        self._pages = Pages(sources)
        self._pages.extend()
        self.document = Document(self._pages, lens)

    def look_through(self, lens: Lens) -> None:
        """Show the lines that ``lens`` leaves."""
        self.document = Document(self._pages, lens)
        self.look_for(self.search.finder if self.search else None)

    def look_for(self, finder: Finder | None) -> None:
        self.search = None if finder is None else Search(self.document, finder)

    @property
    def given_up(self) -> list[Finder]:
        """What of search and filters takes too long."""
        lens = self.document.lens
        every = (self.search.finder if self.search else None, lens.keep, lens.drop)
        return [one for one in every if one is not None and one.gave_up]

    def extend(self) -> bool:
        """Take in what was written since; return whether there was something."""
        last = self._pages.last
        grown = self.document.extend()
        if grown and self.search is not None:
            self.search.extend(last)
        return grown

    def close(self) -> None:
        self._pages.close()

    def to_count(self, around: Place | None) -> dict[str, Iterator[None]]:
        """Return what there is to count, lines and matches, to be begun near a place."""
        number = around[0] if around else self._pages.last
        work = {}
        if not self.document.tally.is_done:
            work["count"] = self.document.survey(number)
        if self.search is not None and not self.search.is_done:
            work["search"] = self.search.survey(number)
        return work

    def reopened(self, sources: Sequence[Source]) -> Reading:
        """Read other sources in the same way."""
        other = Reading(sources, self.document.lens)
        other.look_for(self.search.finder if self.search else None)
        return other

    def nearest_match(self, place: Place, *, up: bool) -> Iterator[Place | None]:
        """Yield None from time to time, and at last the match at ``place`` or next to it."""
        number, line = place
        return self.find((number, line + 1) if up else (number, line - 1), up=up)

    def find(self, place: Place, *, up: bool) -> Iterator[Place | None]:
        """Yield None from time to time, and at last the next match; behind the end, the first."""
        if self.search is None:
            return
        first, last = self._pages.first, self._pages.last
        begin = (last + 1, 0) if up else (first - 1, 0)
        for start in (place, begin):
            for found in self.search.before(start) if up else self.search.after(start):
                yield found
                if found is not None:
                    return


def adopt(known: Sequence[Source], offered: Iterable[Source]) -> list[Source]:
    """Return what of the ``offered`` is new, and what is known already in its place.

    Of two descriptors of one folder the newer one is closed, and all that are not offered again.
    """
    old = {_identity(source): source for source in known}
    kept: list[Source] = []
    for source in offered:
        before = old.pop(_identity(source), None)
        if before is not None and before is not source:
            release([source])
        kept.append(before or source)
    release(old.values())
    return kept


def release(sources: Iterable[Source]) -> None:
    """Close the descriptors of these sources."""
    for source in sources:
        if isinstance(source.folder, int):
            os.close(source.folder)


def _identity(source: Source) -> tuple[str, int, int] | tuple[str, str]:
    if isinstance(source.folder, str):
        return source.name, source.folder
    status = os.fstat(source.folder)
    return source.name, status.st_dev, status.st_ino
