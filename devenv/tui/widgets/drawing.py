"""From cells to what Textual draws: roles become styles of the theme, clicks become actions."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from devenv.tui.table import Line
from devenv.tui.themes import looks, without_colour


def strip(widget: Widget, line: Line, width: int, over: str = "plain") -> Strip:
    """A line of exactly ``width`` cells on the widget's background; ``over``: a role for all."""
    app, base = widget.app, widget.rich_style
    found = (without_colour if app.no_color else looks)(app.theme)
    top = found[over]
    segments = []
    for cell in line:
        style = base + found[cell.role] + top
        if cell.click:
            style += Style.from_meta({"@click": cell.click})
        segments.append(Segment(cell.text, style))
    return Strip(segments).adjust_cell_length(width, base + top)


def lay_out_anew(widget: Widget) -> None:
    """Have its size worked out again.

    A second request is merged with the first one, even where a layout between them has kept a
    size: the count that Textual keeps sizes by has to be another one.
    """
    widget._layout_updates += 1
    widget.refresh(layout=True)
