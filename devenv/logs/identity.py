"""A line by what no choice of sources changes: places differ with what else is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from devenv.logs.document import Document, Place, chosen


@dataclass(frozen=True, slots=True)
class LineId:
    """Who wrote a line, and when; ``nth`` of those that were written then."""

    source: str
    time: int
    nth: int


def identify(document: Document, place: Place) -> LineId | None:
    """Say which line this is; None where it is gone."""
    number, line = place
    page = document.shown(number).page
    if line >= len(page):
        return None
    source, time = page.source(line).name, page.line(line)[0]
    for nth, found in enumerate(_written(document, source, time)):
        if found == place:
            return LineId(source, time, nth)
    return None


def find(document: Document, line: LineId) -> Place | None:
    """Return where a line is, though it need not be shown; None: not in these sources."""
    written = _written(document, line.source, line.time)
    return next(islice(written, line.nth, None), None)


def passes(document: Document, place: Place) -> bool:
    """Tell whether the filters leave a line."""
    number, line = place
    return not document.lens.filters or line in chosen(document.page(number), document.lens)


def shown_from(document: Document, line: LineId) -> Place | None:
    """Return a line, or the next one that is shown, or the last."""
    return document.nearest(find(document, line) or _since(document, line.time))


def shown_until(document: Document, line: LineId) -> Place | None:
    """Return a line, or the one before it that is shown."""
    place = find(document, line)
    number, after = (place[0], place[1] + 1) if place else _since(document, line.time)
    return document.before((number, after))


def _since(document: Document, time: int) -> Place:
    number = document.pages.at(time)
    return number, document.shown(number).page.since(time)


def _written(document: Document, source: str, time: int) -> Iterator[Place]:
    """Yield the places of what a source wrote at one moment, in its order."""
    number, line = _since(document, time)
    while number <= document.pages.last:
        page = document.shown(number).page
        for at in range(line, len(page)):
            moment = page.line(at)[0]
            if moment > time:
                return
            if moment == time and page.source(at).name == source:
                yield number, at
        number, line = number + 1, 0
