"""The one-line questions at the foot of a log, and the bar at its side."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.scrollbar import ScrollBar, ScrollDown, ScrollTo, ScrollUp
from textual.widgets import Input

from devenv.tui.widgets.log_window import Window

QUESTIONS = {
    "search": "search, a regular expression",
    "keep": "only lines that match",
    "drop": "without lines that match",
    "time": "go to a time: 10m, 14:30, 2026-01-31T09:30:00",
    "save": "save what is shown to a file",
}


class LogPrompt(Input):
    """Asks one question of ``QUESTIONS`` at a time; hidden while it asks nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", show=False)]

    class Left(Message):
        """The question was taken back."""

    def __init__(self) -> None:
        super().__init__(compact=True)
        self.question = ""
        self.display = False

    def ask(self, question: str, answer: str) -> None:
        """Show a question with an answer to begin with."""
        self.question = question
        self.placeholder = QUESTIONS[question]
        self.value = answer
        self.display = True
        self.screen.set_focus(self)

    def action_leave(self) -> None:
        self.display = False
        self.post_message(self.Left())


class LogBar(ScrollBar):
    """Shows where in a log one is; what the mouse wants of it goes to the parent."""

    ALLOW_SELECT = False

    class Dragged(Message):
        """The line of rank ``rank`` is wanted."""

        def __init__(self, rank: int) -> None:
            super().__init__()
            self.rank = rank

    class Clicked(Message):
        """A page up (-1) or down (1) is wanted."""

        def __init__(self, pages: int) -> None:
            super().__init__()
            self.pages = pages

    def point_to(self, window: Window) -> None:
        """Show where in its document a window is."""
        total = window.document.tally.total
        top = window.document.rank(window.top) if window.top else 0
        self.window_virtual_size = max(total, 1)
        self.window_size = window.height
        self.position = total - window.height if window.following else top

    def _on_scroll_to(self, event: ScrollTo) -> None:
        event.stop()
        event.prevent_default()
        self.post_message(self.Dragged(round(event.y or 0)))

    def _on_scroll_up(self, event: ScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self.post_message(self.Clicked(-1))

    def _on_scroll_down(self, event: ScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self.post_message(self.Clicked(1))
