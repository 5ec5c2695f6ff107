"""The lines of a log under keys and mouse: moved, followed, unfolded, marked, selected, copied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.binding import BindingType

from devenv.logs.document import Place
from devenv.tui import keys
from devenv.tui.widgets.log_canvas import LogCanvas
from devenv.tui.widgets.log_copy import whole
from devenv.tui.widgets.log_paint import Look, shifted

_WHEEL = 3
_SHIFT = 8

_FLIPS: Mapping[str, Callable[[Look], Look]] = {
    "times": lambda look: replace(look, times=not look.times),
    "wrap": lambda look: replace(look, wrap=not look.wrap),
    "json": lambda look: replace(look, json=not look.json),
}


class LogLines(LogCanvas, can_focus=True):
    """Keys that change what is seen; those that ask for a word are its parent's."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.LOG_LINES)]
    places = (keys.LOG, keys.LOG_LINES)
    """Whose keys work where the focus is here."""
    _revealed: tuple[Place, Place] | None = None
    """A line that was looked for, behind the one that it is folded below."""

    @property
    def at(self) -> Place | None:
        """Where a search goes on: the cursor's line, or what was revealed below it."""
        cursor = self.window.cursor
        if self._revealed is not None and self._revealed[0] == cursor:
            return self._revealed[1]
        return cursor

    def action_move(self, lines: int) -> None:
        self.window.move(lines)
        self._moved()

    def action_page(self, pages: int) -> None:
        self.window.scroll(pages * max(self.window.height - 1, 1))
        self._moved()

    def action_jump(self, where: str) -> None:
        if where == "begin":
            self.window.show_from(self.window.document.begin())
        elif where == "follow" and self.window.following:
            self.window.hold()
        else:
            self.window.follow()
            self.change(replace(self.look, left=0))
        self._moved()

    def action_shift(self, steps: int) -> None:
        self.change(replace(self.look, left=max(self.look.left + steps * _SHIFT, 0)))

    def action_flip(self, name: str) -> None:
        self.change(_FLIPS[name](self.look))

    def action_open(self) -> None:
        """Show what is folded in the line under the cursor, or fold it again."""
        self.window.hold()
        if self.window.cursor is not None:
            self.opened ^= {self.window.cursor}
            self.forget()

    def action_mark(self) -> None:
        self.window.hold()
        if self.window.cursor is not None:
            self.marks ^= {self.window.cursor}
            self.forget()

    def action_to_mark(self, steps: int) -> None:
        """Go to the next mark, or the previous one; from the last to the first."""
        marks = sorted(self.marks)
        if not marks:
            return
        cursor = self.window.cursor or marks[0]
        ahead = [mark for mark in marks if (mark > cursor if steps > 0 else mark < cursor)]
        self.reveal((ahead or marks)[0 if steps > 0 else -1])

    def action_select(self) -> None:
        """Begin to select lines, or select none."""
        self.window.hold()
        self.selected_from = None if self.selected_from else self.window.cursor
        self.renew()

    def action_copy(self) -> None:
        """Copy what the mouse has selected, else the lines selected, else that of the cursor."""
        by_mouse = self.text_selection and self.get_selection(self.text_selection)
        copied = by_mouse[0].split("\n") if by_mouse else self.selected()
        if copied:
            self.app.copy_to_clipboard("\n".join(copied))
            self.notify(f"{len(copied)} line{'s' if len(copied) > 1 else ''} copied")
        self.end_selection()

    def end_selection(self) -> None:
        """Select nothing any more, by keys or mouse."""
        self.selected_from = None
        self.screen.clear_selection()
        self.renew()

    def begin_anew(self) -> None:
        """Follow again, without marks: what comes are other lines."""
        self.marks.clear()
        self.hidden.clear()
        self.window.follow()
        self.forget()

    def reveal(self, place: Place) -> None:
        """Put the cursor on a line, or on the one that it is folded below, which is unfolded.

        What is looked for in it is brought into view.
        """
        number, line = place
        head = (number, self.window.document.shown(number).head(line))
        if head != place and head not in self.opened:
            self.opened.add(head)
            self.forget()
        self.window.go(head)
        self._revealed = head, place
        text = self.window.document.shown(number).page.line(line)[2]
        self.change(replace(self.look, left=shifted(self.entry(head), text, self.look)))
        self._moved()

    def go_to_top(self, place: Place | None) -> None:
        """Show this line first."""
        self.window.show_from(place)
        self._moved()

    def selected(self) -> list[str]:
        """Return the lines that are selected, whole and without colours."""
        cursor = self.window.cursor
        if cursor is None:
            return []
        ends = self.selected_from or cursor, cursor
        return whole(self.window.document, self.entry, self.look, ends)

    def _moved(self) -> None:
        self.screen.clear_selection()
        self.renew()

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, _WHEEL)

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -_WHEEL)

    def _wheel(self, event: events.MouseEvent, rows: int) -> None:
        event.stop()
        event.prevent_default()
        self.window.scroll(rows)
        self._moved()

    async def _on_click(self, event: events.Click) -> None:
        place = self.place_at(event.y)
        if not self.window.following and place is not None:
            self.window.cursor = place
            self.renew()
