"""A list of rows with a cursor and marks: the widget of every table."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from devenv.tui import keys
from devenv.tui.table import Cell, Laid
from devenv.tui.widgets.drawing import lay_out_anew, strip

Lay = Callable[[int], Laid]
_MARGIN = 2
"""Cells at the left for cursor and mark."""


class Rows(ScrollView, can_focus=True):
    """Shows what ``lay`` makes of its width; the cursor stays on its row's key."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.LIST)]

    class Moved(Message):
        """The cursor is on another row."""

    class Chosen(Message):
        """The row of the cursor was clicked twice."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lay: Lay = lambda width: Laid()
        self._laid = Laid()
        self._width = -1
        """The one that it is laid out for."""
        self._marked: frozenset[str] = frozenset()
        self._empty = ""
        self.cursor = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The rows that are shown, from the top."""
        return self._laid.keys

    def show(self, lay: Lay, marked: frozenset[str] = frozenset(), empty: str = "") -> None:
        """Show other rows; only lines that differ are drawn anew."""
        before, self._lay = self._laid, lay
        is_told_anew, self._empty = empty != self._empty, empty
        self._fit(anew=True)
        marks, self._marked = self._marked, marked
        self._keep_cursor(before.keys)
        if len(before.lines) != len(self._laid.lines):
            self.virtual_size = Size(self.size.width, len(self._laid.lines) + 1)
            lay_out_anew(self)
        elif before.head != self._laid.head or marks != marked or is_told_anew:
            self.refresh()
        else:
            pairs = zip(before.lines, self._laid.lines, strict=True)
            for number, (old, new) in enumerate(pairs):
                if old != new:
                    self._redraw(number)

    def on_resize(self) -> None:
        self._fit()
        self.virtual_size = Size(self.size.width, len(self._laid.lines) + 1)
        self._scroll_to_cursor()

    def watch_show_vertical_scrollbar(self) -> None:
        """It takes a cell of the width."""
        self._fit()
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._laid.lines) + 1

    def render_line(self, y: int) -> Strip:
        self._fit()
        width = self.size.width
        if y == 0:
            head = self._laid.head if self._laid.lines else (Cell(self._empty, "dim"),)
            return strip(self, (Cell(" " * _MARGIN), *head), width)
        number = y - 1 + self.scroll_offset.y
        if number >= len(self._laid.lines):
            return strip(self, (), width)
        key = self._laid.keys[number]
        is_here = key == self.cursor
        margin = Cell("▌" if is_here else " ", "accent")
        mark = Cell("✱" if key in self._marked else " ", "accent")
        line = (margin, mark, *self._laid.lines[number])
        if not is_here:
            return strip(self, line, width)
        return strip(self, line, width, "cursor" if self.has_focus else "cursor-away")

    def move_to(self, key: str) -> None:
        """Put the cursor on a row, and bring it into view."""
        if key not in self._laid.keys or key == self.cursor:
            return
        before, self.cursor = self.cursor, key
        for number, one in enumerate(self._laid.keys):
            if one in {before, key}:
                self._redraw(number)
        self._scroll_to_cursor()
        self.post_message(self.Moved())

    def action_up(self) -> None:
        self._move(-1)

    def action_down(self) -> None:
        self._move(1)

    def action_page(self, direction: int) -> None:
        self._move(direction * max(self.size.height - 2, 1))

    def action_edge(self, direction: int) -> None:
        self._move(direction * len(self._laid.keys))

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_click(self, event: Click) -> None:
        number = event.y - 1 + self.scroll_offset.y
        if event.y > 0 and number < len(self._laid.keys):
            self.move_to(self._laid.keys[number])
            if event.chain == 2:
                self.post_message(self.Chosen())

    def _move(self, by: int) -> None:
        every = self._laid.keys
        if every:
            here = every.index(self.cursor) if self.cursor in every else 0
            self.move_to(every[min(max(here + by, 0), len(every) - 1)])

    def _fit(self, *, anew: bool = False) -> None:
        """Lay the rows out for the width that there is now."""
        width = max(self.scrollable_content_region.width - _MARGIN, 0)
        if anew or width != self._width:
            self._laid, self._width = self._lay(width), width

    def _keep_cursor(self, before: tuple[str, ...]) -> None:
        """Where its row has gone, the one in its place gets the cursor; "" where there is none."""
        every, former = self._laid.keys, self.cursor
        if former in every:
            return
        here = before.index(former) if former in before else 0
        self.cursor = every[min(here, len(every) - 1)] if every else ""
        if self.cursor != former:
            self.post_message(self.Moved())

    def _redraw(self, number: int) -> None:
        y = number + 1 - self.scroll_offset.y
        if y > 0:
            self.refresh(Region(0, y, self.size.width, 1))

    def _scroll_to_cursor(self) -> None:
        if self.cursor not in self._laid.keys:
            return
        number, room = self._laid.keys.index(self.cursor), max(self.size.height - 1, 1)
        top = self.scroll_offset.y
        if number < top:
            self.scroll_to(y=number, animate=False)
        elif number >= top + room:
            self.scroll_to(y=number - room + 1, animate=False)
