"""Lines that a pure function makes for the width there is."""

from __future__ import annotations

from collections.abc import Callable

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from devenv.tui.table import Line
from devenv.tui.widgets.drawing import lay_out_anew, strip

Lay = Callable[[int], tuple[Line, ...]]


class Plain(Widget):
    """As high as it has lines; it is drawn anew only when one of them has changed."""

    DEFAULT_CSS = "Plain { height: auto; }"

    def __init__(self, lay: Lay = lambda width: (), *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lay = lay
        self._laid: tuple[int, tuple[Line, ...]] = (-1, ())
        """For which width, and what was made of it."""

    def show(self, lay: Lay) -> None:
        """Show what another function makes from now on."""
        before, width = self._laid[1], self.size.width
        self._lay, self._laid = lay, (width, lay(width))
        if len(before) != len(self._laid[1]):
            lay_out_anew(self)
        elif before != self._laid[1]:
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render_line(self, y: int) -> Strip:
        lines = self._lines(self.size.width)
        return strip(self, lines[y] if y < len(lines) else (), self.size.width)

    def _lines(self, width: int) -> tuple[Line, ...]:
        if self._laid[0] != width:
            self._laid = width, self._lay(width)
        return self._laid[1]
