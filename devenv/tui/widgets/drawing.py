"""From cells to what Textual draws: roles become styles of the theme, clicks become actions."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from devenv.tui.table import Line

ROLES = frozenset(
    {
        "accent",
        "bad",
        "busy",
        "dim",
        "good",
        "head",
        "history",
        "key",
        "link",
        "plain",
        "rule",
        "strong",
        "tab",
        "tab-shown",
        "title",
        "wait",
    }
)
"""What a cell can be; app.tcss says how each looks."""

_PLAIN = Style()

COMPONENTS = {f"role--{role}" for role in ROLES}


def strip(widget: Widget, line: Line, width: int, over: Style = _PLAIN) -> Strip:
    """A line of exactly ``width`` cells on the widget's background; ``over`` goes over all."""
    base = widget.rich_style + over
    segments = []
    for cell in line:
        style = widget.rich_style
        style += widget.get_component_rich_style(f"role--{cell.role}", partial=True) + over
        if cell.click:
            style += Style.from_meta({"@click": cell.click})
        segments.append(Segment(cell.text, style))
    return Strip(segments).adjust_cell_length(width, base)
