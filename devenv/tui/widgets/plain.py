"""Lines that a pure function makes for the width there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from devenv.tui.table import Line
from devenv.tui.widgets.drawing import COMPONENTS, strip

Lay = Callable[[int], tuple[Line, ...]]


class Plain(Widget):
    """As high as it has lines; it is drawn anew only when one of them has changed."""

    DEFAULT_CSS = "Plain { height: auto; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENTS

    def __init__(self, lay: Lay = lambda width: (), *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lay = lay
        self._lines: tuple[Line, ...] = ()

    def show(self, lay: Lay) -> None:
        """Show what another function makes from now on."""
        self._lay = lay
        before, self._lines = self._lines, lay(self.size.width)
        if len(before) != len(self._lines):
            self.refresh(layout=True)
        elif before != self._lines:
            self.refresh()

    def on_resize(self) -> None:
        self.show(self._lay)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lay(width))

    def render_line(self, y: int) -> Strip:
        line = self._lines[y] if y < len(self._lines) else ()
        return strip(self, line, self.size.width)
