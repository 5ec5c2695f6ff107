"""Text for people: columns, durations, sizes, colours. Strings in, strings out."""

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
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


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


def duration(seconds: float) -> str:
    """In words of at most two units: ``0.4s``, ``12s``, ``3m 5s``, ``2h 10m``, ``4d 1h``."""
    if seconds < 0:
        return "0s"
    if seconds < 10:
        return f"{seconds:.1f}s"
    whole = int(seconds)
    for size, unit, smaller, part in ((86400, "d", 3600, "h"), (3600, "h", 60, "m")):
        if whole >= size:
            return f"{whole // size}{unit} {whole % size // smaller}{part}"
    return f"{whole // 60}m {whole % 60}s" if whole >= 60 else f"{whole}s"


def read_duration(text: str) -> float | None:
    """Seconds, of ``30``, ``1.5``, ``500ms``, ``90s``, ``1h30m``; None where it is none."""
    import re

    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        return float(text)
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|[smhd])", text, re.ASCII)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def size(count: float) -> str:
    """``812 B``, ``3.4 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"


def listed(names: Sequence[str], limit: int = 5) -> str:
    """``a, b and c``; beyond the limit ``a, b and 7 more``."""
    if len(names) > limit:
        return f"{', '.join(names[: limit - 1])} and {len(names) - limit + 1} more"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
