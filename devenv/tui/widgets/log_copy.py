"""What of a log is copied: whole lines without colours, or a part of one. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.selection import Selection

from devenv.logs.document import Document, Place
from devenv.tui.widgets.log_paint import Entry, Look, Row, plain

_MOST = 8 * 1024 * 1024
"""Characters; a terminal takes no more by OSC 52, and most of them less."""


def meant_whole(
    selection: Selection, rows: Sequence[tuple[Place, Row]]
) -> tuple[Place, Place] | None:
    """Return the first and last line that a mouse has selected; None: but a part of one row.

    Rows are cut and have names ahead of them: whoever selects over more than one means lines.
    """
    spans = {
        y: span
        for y in range(len(rows))
        if (span := selection.get_span(y)) is not None and span[0] != span[1]
    }
    if not spans:
        return None
    first, last = min(spans), max(spans)
    begin, end = spans[first]
    if first == last and (begin > 0 or 0 <= end < len(rows[first][1].text)):
        return None
    return rows[first][0], rows[last][0]


def whole(
    document: Document, entry: Callable[[Place], Entry], look: Look, ends: tuple[Place, Place]
) -> list[str]:
    """Return the lines between two, both included, and what is folded below them."""
    place = document.nearest(min(ends))
    lines: list[str] = []
    size = 0
    while place is not None and place <= max(ends) and size < _MOST:
        lines += plain(entry(place), look)
        size += len(lines[-1])
        place = document.after(place)
    return lines
