"""Lines of a log, painted by row: what a document has from some place on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from devenv.logs.document import Document, Place
from devenv.logs.identity import LineId
from devenv.logs.level import LEVELS
from devenv.logs.source import Source
from devenv.tui.widgets.log_copy import meant_whole, whole
from devenv.tui.widgets.log_paint import Entry, Look, Row, divider, paint, restyled
from devenv.tui.widgets.log_window import Window

NAMES = 6
"""Colours to tell services apart."""
_STYLES = (
    *(*LEVELS, "time", "note", "key", "match", "fold", "mark", "new", "cursor", "selected"),
    *(f"name-{number}" for number in range(NAMES)),
)
_KEPT_LINES = 2000


class LogCanvas(Widget):
    """Shows a document through a window. Whoever changes one of both calls ``renew``."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"log--{name}" for name in _STYLES}

    class Moved(Message):
        """Other lines are shown, or another line is the one that the cursor is on."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self.look = Look(width=80)
        self.marks: set[Place] = set()
        self.hidden: set[LineId] = set()
        """Marks on lines that are not shown now."""
        self.stands_for: tuple[Place, LineId, int] | None = None
        """The cursor's line, and the one that it was put there for, with the row of that."""
        self.opened: set[Place] = set()
        """Lines below which what is folded is shown."""
        self.selected_from: Place | None = None
        self.window = Window(document, self._paint)
        self._painted: dict[tuple[Place, bytes], list[Row]] = {}
        self._rows: list[tuple[Place, Row]] = []

    def replace_document(self, document: Document) -> None:
        """Show another document, and follow it if the former was followed."""
        window = Window(document, self._paint)
        window.height = self.window.height
        window.following = self.window.following
        self.window = window
        self.selected_from = None

    def name_sources(self, sources: Sequence[Source]) -> None:
        """Say whose lines are shown: where there is but one, lines need no name."""
        names = list(dict.fromkeys(source.name for source in sources))
        width = max(map(len, names), default=0)
        labels = {
            name: (name.ljust(width), f"name-{number % NAMES}")
            for number, name in enumerate(names if len(names) > 1 else ())
        }
        self.change(replace(self.look, names=labels))

    def change(self, look: Look) -> None:
        """Paint in another way from now on."""
        self.look = look
        self.forget()

    def forget(self) -> None:
        """Paint all anew, with room for marks where there are some."""
        self.look = replace(self.look, gutter=bool(self.marks))
        self._painted.clear()
        self.renew()

    def renew(self) -> None:
        """Show what there is now."""
        if len(self._painted) > _KEPT_LINES:
            self._painted.clear()
        self._rows = self.window.rows() if self.size.height else []
        self.refresh()
        self.post_message(self.Moved())

    @property
    def is_full(self) -> bool:
        """All rows are taken: what comes below them is not seen."""
        return len(self._rows) >= self.window.height

    def entry(self, place: Place) -> Entry:
        """Return a line with all that belongs to it."""
        number, line = place
        shown = self.window.document.shown(number)
        folded = [shown.page.line(inside)[2] for inside in shown.folds.get(line, ())]
        opened, marked = place in self.opened, place in self.marks
        name = shown.page.source(line).name
        return Entry(name, shown.page.line(line), folded, opened, marked)

    def place_at(self, y: int) -> Place | None:
        """Return the line in a row of the screen."""
        return self._rows[y][0] if 0 <= y < len(self._rows) else None

    def row_of(self, place: Place | None) -> int:
        """Return the row in which a line begins; the first, where it is not seen."""
        return next((row for row, (found, _) in enumerate(self._rows) if found == place), 0)

    def render_line(self, y: int) -> Strip:
        if y >= len(self._rows):
            return Strip.blank(self.size.width, self.look.style("base"))
        place, row = self._rows[y]
        strip = self._with_selection(y, row)
        if self._is_selected(place):
            strip = restyled(strip, self.look.style("selected"))
        elif place == self.window.cursor and not self.window.following:
            strip = restyled(strip, self.look.style("cursor"))
        return strip.apply_offsets(0, y)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        if ends := meant_whole(selection, self._rows):
            return "\n".join(whole(self.window.document, self.entry, self.look, ends)), "\n"
        return selection.extract("\n".join(row.text for _, row in self._rows)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        if selection is not None:
            self.window.hold()
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self.size.height:
            self.change(replace(self.look, styles=self._styles()))

    def _on_resize(self, event: events.Resize) -> None:
        self.window.height = max(event.size.height, 1)
        self.change(replace(self.look, width=event.size.width, styles=self._styles()))

    def _paint(self, place: Place) -> list[Row]:
        number, line = place
        page = self.window.document.shown(number).page
        key = (place, page.line(line)[2])
        rows = self._painted.get(key)
        if rows is None:
            rows = self._painted[key] = paint(self.entry(place), self.look)
        held = self.window.held
        if place == held and place != self.window.document.end():
            return [*rows, divider(self.look)]
        return rows

    def _is_selected(self, place: Place) -> bool:
        cursor, begin = self.window.cursor, self.selected_from
        if begin is None or cursor is None:
            return False
        return min(begin, cursor) <= place <= max(begin, cursor)

    def _with_selection(self, y: int, row: Row) -> Strip:
        """Show what the mouse has selected of a row."""
        selection = self.text_selection
        span = selection.get_span(y) if selection else None
        if selection is None or span is None:
            return row.strip
        if meant_whole(selection, self._rows):
            span = 0, -1
        begin = cell_len(row.text[: span[0]])
        end = cell_len(row.text) if span[1] < 0 else cell_len(row.text[: span[1]])
        style = self.screen.get_component_rich_style("screen--selection")
        inside = restyled(row.strip.crop(begin, end), style)
        return Strip.join((row.strip.crop(0, begin), inside, row.strip.crop(end)))

    def _styles(self) -> dict[str, Style]:
        own = {
            name: self.get_component_rich_style(f"log--{name}", partial=True) for name in _STYLES
        }
        return {**own, "base": self.rich_style}
