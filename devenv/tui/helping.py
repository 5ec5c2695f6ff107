"""What help and palette say, made of the table of keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.cells import cell_len

from devenv.tui import keys
from devenv.tui.keys import Key
from devenv.tui.lines import rule
from devenv.tui.table import Cell, Line, fitted

Parts = tuple[tuple[str, tuple[tuple[Key, str], ...]], ...]


def help_parts(where: str, remapped: Mapping[str, str]) -> Parts:
    """The keys of a screen, of lists, and those that work everywhere."""
    return tuple(
        (part, tuple((key, all_of(key, remapped)) for key in keys.of(part)))
        for part in (where, keys.LIST, keys.LOG, keys.LOG_LINES, keys.APP)
        if any(keys.of(part))
    )


def all_of(key: Key, remapped: Mapping[str, str]) -> str:
    """All that can be pressed for it."""
    pressed = remapped.get(key.id, key.keys).split(",")
    return " ".join(keys.named(one) for one in pressed)


def help_width(parts: Parts) -> int:
    """The cells that no line is cut in."""
    return sum(_columns(parts)) + _BETWEEN


def help_lines(parts: Parts, width: int) -> tuple[Line, ...]:
    """A line for each key; its id is what the configuration calls it.

    Where there is too little room, what it does is cut, never what is pressed or its id.
    """
    pressed, about, name = _columns(parts)
    about = max(min(about, width - pressed - name - _BETWEEN), 0)
    return tuple(
        line for title, found in parts for line in _part(title, found, width, pressed, about)
    )


_BETWEEN = 5
"""Cells that part the columns."""


def _columns(parts: Parts) -> tuple[int, int, int]:
    """How wide what is pressed is, what it does, and its id."""
    every = [one for _, found in parts for one in found]
    return (
        max(cell_len(pressed) for _, pressed in every),
        max(cell_len(key.about) for key, _ in every),
        max(cell_len(key.id) for key, _ in every),
    )


def _part(
    title: str, found: Sequence[tuple[Key, str]], width: int, pressed: int, about: int
) -> Iterator[Line]:
    yield rule(title.capitalize(), "", width)
    for key, press in found:
        does = Cell(fitted(key.about, about))
        yield (Cell(f" {press:>{pressed}}  ", "key"), does, Cell(f"  {key.id}", "dim"))
    yield ()
