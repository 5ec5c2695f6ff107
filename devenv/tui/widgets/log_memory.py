"""What stays as it was when other lines of a log are shown: marks, the cursor, what was new."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from devenv.logs.document import Document, Place
from devenv.logs.identity import LineId, find, identify, passes, shown_from, shown_until
from devenv.tui.widgets.log_lines import LogLines


@dataclass(frozen=True, slots=True)
class Memory:
    """``at``: the line of the cursor, ``row`` rows below the first one; None: it is followed.

    ``held``: the last line that was there when it stopped to follow.
    """

    marks: frozenset[LineId] = frozenset()
    at: LineId | None = None
    row: int = 0
    held: LineId | None = None


def remember(lines: LogLines) -> Memory:
    """Note what is to stay, before what is shown changes."""
    window = lines.window
    document, cursor = window.document, None if window.following else window.cursor
    marks = {line for mark in lines.marks if (line := identify(document, mark))}
    at, row = _line(document, cursor), lines.row_of(cursor)
    if lines.stands_for and lines.stands_for[0] == cursor:
        _, at, row = lines.stands_for
    return Memory(frozenset(marks | lines.hidden), at, row, _line(document, window.held))


def recall(lines: LogLines, memory: Memory, read: Collection[str], known: Collection[str]) -> None:
    """Put all back where its lines are now, of the sources that are ``read``.

    A mark on what is not shown is kept hidden, while its source is ``known``. What the cursor
    stands at instead of its line is left for it again, unless the cursor is moved.
    """
    window = lines.window
    document = window.document
    lines.marks, lines.hidden = set(), set()
    for mark in memory.marks:
        place = find(document, mark) if mark.source in read else None
        if place is not None and passes(document, place):
            lines.marks.add(place)
        elif place is not None or (mark.source in known and mark.source not in read):
            lines.hidden.add(mark)
    if memory.at is not None:
        place = shown_from(document, memory.at)
        window.show_at(place, memory.row)
        window.held = shown_until(document, memory.held) if memory.held else None
        lines.stands_for = place and (place, memory.at, memory.row)


def _line(document: Document, place: Place | None) -> LineId | None:
    return place and identify(document, place)
