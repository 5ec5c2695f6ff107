"""Rows of cells laid out for a width: columns give way in the order of their rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

GAP = 2


@dataclass(frozen=True, slots=True)
class Cell:
    """Text and its role; a theme says how a role looks. ``click``: the action of a click on it."""

    text: str = ""
    role: str = "plain"
    click: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """``rank``: the higher, the sooner it is left out; 0 never is.

    ``most``: it is cut beyond. ``least``: it is never narrower, and there though it is empty.
    ``grows``: it takes the room that is left, and is cut down to ``least`` where there is none.
    """

    head: str
    rank: int = 0
    most: int = 1000
    least: int = 0
    right: bool = False
    grows: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    cells: tuple[Cell, ...]


Line = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Laid:
    """A head and lines, all of the same width; ``keys`` names the row of each line."""

    head: Line = ()
    lines: tuple[Line, ...] = ()
    keys: tuple[str, ...] = ()


def laid(columns: Sequence[Column], rows: Sequence[Row], width: int) -> Laid:
    """Lay rows out; a column without any content is left out."""
    widths = _widths(columns, rows)
    kept = [n for n, column in enumerate(columns) if _has_room(column, n, rows)]
    while _total(columns, kept, widths) > width:
        highest = max(kept, key=lambda n: columns[n].rank)
        if columns[highest].rank == 0:
            break
        kept.remove(highest)
    _share(columns, kept, widths, width)
    head = tuple(Cell(columns[n].head, "head") for n in range(len(columns)))
    lines = tuple(_line(columns, kept, widths, row.cells) for row in rows)
    return Laid(_line(columns, kept, widths, head), lines, tuple(row.key for row in rows))


def _has_room(column: Column, n: int, rows: Sequence[Row]) -> bool:
    always = n == 0 or (column.least > 0 and not column.grows)
    return always or any(row.cells[n].text for row in rows)


def _widths(columns: Sequence[Column], rows: Sequence[Row]) -> list[int]:
    return [
        max(min(max(_sizes(column, n, rows)), column.most), 0 if column.grows else column.least)
        for n, column in enumerate(columns)
    ]


def _sizes(column: Column, n: int, rows: Sequence[Row]) -> list[int]:
    return [cell_len(column.head), *(cell_len(row.cells[n].text) for row in rows)]


def _total(columns: Sequence[Column], kept: Sequence[int], widths: Sequence[int]) -> int:
    """The room that these columns need at the least."""
    needed = (min(columns[n].least, widths[n]) if columns[n].grows else widths[n] for n in kept)
    return sum(needed) + GAP * (len(kept) - 1)


def _share(columns: Sequence[Column], kept: list[int], widths: list[int], width: int) -> None:
    """Give each growing column what is left, the first one first; cut where there is too little."""
    left = width - _total(columns, kept, widths)
    for n in kept:
        if columns[n].grows:
            least = min(columns[n].least, widths[n])
            more = max(min(widths[n] - least, left), 0)
            widths[n] = least + more
            left -= more
    for n in reversed(kept):
        if left < 0:
            cut = min(-left, max(widths[n] - 3, 0))
            widths[n] -= cut
            left += cut


def _line(
    columns: Sequence[Column], kept: Sequence[int], widths: Sequence[int], cells: Sequence[Cell]
) -> Line:
    gap = Cell(" " * GAP)
    made: list[Cell] = []
    for n in kept:
        text = fitted(cells[n].text, widths[n], right=columns[n].right)
        made += [Cell(text, cells[n].role), gap]
    return tuple(made[:-1])


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly ``width`` cells: padded, or cut with an ellipsis."""
    size = cell_len(text)
    if size > width:
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    pad = " " * (width - size)
    return pad + text if right else text + pad
