"""The keys that work on the screen below, each with what it does."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from devenv.tui.helping import help_lines, help_width
from devenv.tui.keys import Key
from devenv.tui.widgets.plain import Plain

_FRAME = 5
"""Cells beside the lines: border, padding, and the bar to scroll by."""


class HelpScreen(ModalScreen[None]):
    """``parts``: keys by the title of their part, each with what is to be pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "Close", id="help.close"),
        Binding("j,down", "scroll(1)", "Down", id="help.down"),
        Binding("k,up", "scroll(-1)", "Up", id="help.up"),
    ]

    def __init__(self, parts: tuple[tuple[str, tuple[tuple[Key, str], ...]], ...]) -> None:
        super().__init__()
        self._parts = parts

    def compose(self) -> ComposeResult:
        with VerticalScroll() as around:
            around.styles.width = help_width(self._parts) + _FRAME
            yield Plain(lambda width: help_lines(self._parts, width))

    def action_scroll(self, direction: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=direction, animate=False)
