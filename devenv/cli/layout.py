"""Text for a terminal: columns and colours. Strings in, strings out."""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_COLOURS = {
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "cyan": "36",
    "magenta": "35",
    "grey": "90",
}
PALETTE = ("cyan", "yellow", "green", "magenta", "blue")
"""Colours to tell services apart."""

_STATES = {
    "ready": "green",
    "done": "green",
    "running": "cyan",
    "starting": "cyan",
    "waiting": "yellow",
    "stopping": "yellow",
    "paused": "yellow",
    "failed": "red",
}


class Style:
    """How to write for one stream: with colours or without, and how wide."""

    __slots__ = ("colour", "width")

    def __init__(self, *, colour: bool = False, width: int = 0) -> None:
        self.colour = colour
        self.width = width

    def paint(self, text: str, colour: str) -> str:
        code = _COLOURS.get(colour)
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and code and text else text

    def state(self, text: str, state: str) -> str:
        return self.paint(text, _STATES.get(state, "grey"))

    def cut(self, text: str) -> str:
        """No longer than the width; 0 is no limit."""
        return text if not self.width or len(text) <= self.width else text[: self.width - 1] + "…"


def columns(rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines with the cells below each other; the last cell of a row is not padded."""
    rows = list(rows)
    count = max((len(row) for row in rows), default=0)
    widths = [max((len(row[n]) for row in rows if n < len(row)), default=0) for n in range(count)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append("  ".join(cells).rstrip())
    return lines


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Padded cells, the heads first, without the columns that are empty in every row."""
    kept = [n for n in range(len(heads)) if any(row[n] for row in rows)]
    chosen = [tuple(row[n] for n in kept) for row in (heads, *rows)]
    widths = [max(len(row[n]) for row in chosen) for n in range(len(kept))]
    return [
        tuple(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in chosen
    ]
