"""Which lines a view shows and where each of them is, though most have never been looked at."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from devenv.logs.find import Finder
from devenv.logs.fold import folded
from devenv.logs.page import Page
from devenv.logs.pages import Pages
from devenv.logs.tally import Tally

Place = tuple[int, int]
"""A page and a line in it, whether or not that line is shown."""

_KEPT = 4 * 1024 * 1024
"""Bytes of pages that stay in memory."""
_GROUP = 64
"""Pages that are looked through in their order, which is faster."""


@dataclass(frozen=True, slots=True)
class Lens:
    """Only lines that match ``keep``, without those that match ``drop``, traces ``folds``."""

    keep: Finder | None = None
    drop: Finder | None = None
    folds: bool = True

    @property
    def filters(self) -> bool:
        return self.keep is not None or self.drop is not None

    def without(self, finders: Collection[Finder]) -> Lens:
        """The same without the filters that are among ``finders``."""
        keep, drop = (None if one in finders else one for one in (self.keep, self.drop))
        return Lens(keep, drop, self.folds)


class Shown:
    """A page and what of it is shown."""

    __slots__ = ("folds", "numbers", "page")

    def __init__(self, page: Page, lens: Lens) -> None:
        self.page = page
        self.numbers: Sequence[int] = chosen(page, lens)
        self.folds = folded(page, self.numbers) if lens.folds else {}
        if self.folds:
            hidden = {number for inside in self.folds.values() for number in inside}
            self.numbers = [number for number in self.numbers if number not in hidden]

    def head(self, line: int) -> int:
        """Return the line that is shown for this one: itself, unless it is folded."""
        return next((head for head, inside in self.folds.items() if line in inside), line)


class Document:
    """Lines are reached from a place by steps; how many there are becomes known with time.

    Where a filter is on, pages that were not looked through yet have no lines: ``survey`` looks
    through them.
    """

    def __init__(self, pages: Pages, lens: Lens) -> None:
        self.pages = pages
        self.lens = lens
        self._kept: OrderedDict[int, Shown] = OrderedDict()
        self.tally = Tally(pages, guesses=not lens.filters)

    def extend(self) -> bool:
        """Take in what was written since; return whether there was something."""
        last = self.pages.last
        if not self.pages.extend():
            return False
        self._kept.pop(last, None)
        self.tally.forget(last)
        return True

    def shown(self, number: int) -> Shown:
        """Read a page, or take it from the few that are kept."""
        shown = self._kept.get(number)
        if shown is None:
            shown = self._kept[number] = Shown(self.pages.load(number), self.lens)
            self._forget()
        self._kept.move_to_end(number)
        self.tally.note(number, len(shown.numbers))
        return shown

    def page(self, number: int) -> Page:
        """Read a page, for those who look through many: it is not kept."""
        kept = self._kept.get(number)
        return kept.page if kept else self.pages.load(number)

    def end(self) -> Place | None:
        """Return the last line."""
        return self.before((self.pages.last + 1, 0))

    def begin(self) -> Place | None:
        """Return the first line."""
        return self.after((self.pages.first, -1))

    def after(self, place: Place) -> Place | None:
        """Return the first line behind ``place``."""
        number, line = max(place, (self.pages.first, -1))
        while number <= self.pages.last:
            if self._may_have(number):
                numbers = self.shown(number).numbers
                index = bisect_right(numbers, line)
                if index < len(numbers):
                    return number, numbers[index]
            number, line = number + 1, -1
        return None

    def before(self, place: Place) -> Place | None:
        """Return the last line ahead of ``place``."""
        number, line = place
        while number >= self.pages.first:
            if number <= self.pages.last and self._may_have(number):
                numbers = self.shown(number).numbers
                index = bisect_left(numbers, line) if line >= 0 else len(numbers)
                if index:
                    return number, numbers[index - 1]
            number, line = number - 1, -1
        return None

    def nearest(self, place: Place) -> Place | None:
        """Return the line at ``place``, or the next one, or the last."""
        return self.after((place[0], place[1] - 1)) or self.before(place)

    def at(self, time_ns: int) -> Place | None:
        """Return the first line that is not older, else the last one."""
        number = self.pages.at(time_ns)
        line = self.shown(number).page.since(time_ns)
        return self.nearest((number, line))

    def rank(self, place: Place) -> int:
        """Return how many lines are ahead of ``place``, as far as they are counted."""
        number, line = place
        ahead = self.tally.ahead(number)
        if self.pages.first <= number <= self.pages.last and self._may_have(number):
            ahead += bisect_left(self.shown(number).numbers, line)
        return ahead

    def ranked(self, rank: int) -> Place | None:
        """Return the line of this rank, or one near by where that is a guess."""
        number = self.tally.page_of(rank)
        index = rank - self.tally.ahead(number)
        numbers = self.shown(number).numbers
        if not numbers:
            return self.nearest((number, 0))
        return number, numbers[min(index, len(numbers) - 1)]

    def survey(self, around: int) -> Iterator[None]:
        """Count the lines of all pages, those near the page ``around`` first, some at a time."""
        for number in nearest_first(self.pages, around):
            if self.tally.count(number) is None and number >= self.pages.first:
                self.tally.note(number, self._count(number))
                yield

    def _count(self, number: int) -> int:
        if number in self._kept:
            return len(self._kept[number].numbers)
        page = self.page(number)
        return len(chosen(page, self.lens)) if self.lens.filters else len(page)

    def _may_have(self, number: int) -> bool:
        """Tell whether a page is worth reading: with a filter, one that is known to have lines."""
        known = self.tally.count(number)
        if known is None:
            return not self.lens.filters or number == self.pages.last
        return known > 0

    def _forget(self) -> None:
        while len(self._kept) > 2 and sum(len(s.page.text) for s in self._kept.values()) > _KEPT:
            self._kept.popitem(last=False)


def nearest_first(pages: Pages, around: int) -> list[int]:
    """Order the pages by their distance, in small groups that keep their own order."""
    groups = range(pages.first, pages.last + 1, _GROUP)
    ordered = sorted(groups, key=lambda begin: abs(begin + _GROUP // 2 - around))
    return [
        number for begin in ordered for number in range(begin, min(begin + _GROUP, pages.last + 1))
    ]


def chosen(page: Page, lens: Lens) -> Sequence[int]:
    """Return the numbers of the lines that pass the filters."""
    chosen: Sequence[int] = range(len(page)) if lens.keep is None else lens.keep.lines(page.text)
    if lens.drop is None:
        return chosen
    dropped = set(lens.drop.lines(page.text))
    return [number for number in chosen if number not in dropped]
