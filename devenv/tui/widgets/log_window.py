"""The part of a document that a screen shows: where it begins, where the cursor is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from devenv.logs.document import Document, Place
from devenv.tui.widgets.log_paint import Row

Placed = tuple[Place, Row]


class Window:
    """Shows ``height`` rows; ``paint`` gives the rows of a line.

    While it follows, its last row is the document's last line. It does so until something else
    is looked at, and again when the end is reached.
    """

    def __init__(self, document: Document, paint: Callable[[Place], list[Row]]) -> None:
        self.document = document
        self.height = 1
        self.following = True
        self.cursor: Place | None = None
        self.held: Place | None = None
        """The last line that was there when it stopped to follow."""
        self._paint = paint
        self._top: tuple[Place, int] | None = None
        """A line and the first row of it that is shown."""

    def rows(self) -> list[Placed]:
        """Return what is to be seen now."""
        if self.following:
            self.cursor = self.document.end()
            self._top = self._ending_with(self.cursor)
        elif self._top is not None:
            self._settle()
        rows = list(self._rows_from(self._top))
        if len(rows) < self.height and not self.following:
            self._top = self._ending_with(self.document.end())
            rows = list(self._rows_from(self._top))
        return rows

    def follow(self) -> None:
        self.following = True
        self.held = None

    def hold(self) -> None:
        """Stay where it is, whatever comes."""
        if self.following:
            self.rows()
            self.following = False
            self.held = self.document.end()

    @property
    def top(self) -> Place | None:
        return self._top[0] if self._top else None

    def scroll(self, rows: int) -> None:
        """Move what is seen, and the cursor with it where it would be left behind."""
        self.hold()
        if self._top is None:
            return
        place, row = self._top
        self._top = self._moved(place, row + rows)
        seen = [placed for placed, _ in self.rows()]
        if seen and self.cursor is not None:
            self.cursor = min(max(self.cursor, seen[0]), seen[-1])
        if rows > 0 and seen and seen[-1] == self.document.end():
            self.follow()

    def move(self, lines: int) -> None:
        """Move the cursor, and what is seen where it would leave that."""
        self.hold()
        for _ in range(abs(lines)):
            step = self.document.after if lines > 0 else self.document.before
            following = step(self.cursor) if self.cursor else None
            if following is None:
                break
            self.cursor = following
        self._reveal()
        if lines > 0 and self.cursor == self.document.end():
            self.follow()

    def go(self, place: Place | None, *, share: float = 0.5) -> None:
        """Put the cursor on a line, and that at this share of the height if it is not seen."""
        self.hold()
        place = place and self.document.nearest(place)
        if place is None:
            return
        self.cursor = place
        if place not in {placed for placed, _ in self.rows()}:
            self._top = self._moved(place, -int(self.height * share))

    def show_from(self, place: Place | None) -> None:
        """Begin with this line."""
        self.hold()
        if place is not None:
            self._top = (place, 0)
            self.cursor = place

    def show_at(self, place: Place | None, row: int) -> None:
        """Put the cursor on a line, and that so many rows below the first one."""
        self.show_from(place)
        self._top = place and self._moved(place, -row)

    def _reveal(self) -> None:
        if self.cursor is None:
            return
        seen = [placed for placed, _ in self.rows()]
        if self.cursor in seen:
            if self.cursor != seen[-1] or len(seen) < self.height:
                return
            self._top = self._ending_with(self.cursor)
        elif not seen or self.cursor < seen[0]:
            self._top = (self.cursor, 0)
        else:
            self._top = self._ending_with(self.cursor)

    def _rows_from(self, top: tuple[Place, int] | None) -> Iterator[Placed]:
        if top is None:
            return
        place: Place | None = top[0]
        skipped, left = top[1], self.height
        while place is not None and left > 0:
            for row in self._paint(place)[skipped : skipped + left]:
                yield place, row
                left -= 1
            skipped = 0
            place = self.document.after(place) if left > 0 else None

    def _ending_with(self, place: Place | None) -> tuple[Place, int] | None:
        """Return where to begin so that the last row is the last one of this line."""
        if place is None:
            return None
        return self._moved(place, len(self._paint(place)) - self.height)

    def _moved(self, place: Place, row: int) -> tuple[Place, int]:
        """Count rows on or back from the first row of a line, as far as there are lines."""
        while row < 0:
            previous = self.document.before(place)
            if previous is None:
                return place, 0
            place = previous
            row += len(self._paint(place))
        while row >= (rows := len(self._paint(place))):
            following = self.document.after(place)
            if following is None:
                return place, rows - 1
            place = following
            row -= rows
        return place, row

    def _settle(self) -> None:
        """Look for the line to begin with again: a filter or the quota may have taken it."""
        if self._top is None:
            return
        place = self.document.nearest(self._top[0])
        if place != self._top[0]:
            self._top = None if place is None else (place, 0)
        if self.cursor is not None:
            self.cursor = self.document.nearest(self.cursor)
