"""What help and palette say, made of the table of keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

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


def help_lines(parts: Parts, width: int) -> tuple[Line, ...]:
    """A line for each key; its id is what the configuration calls it."""
    return tuple(line for title, found in parts for line in _part(title, found, width))


def _part(title: str, found: Sequence[tuple[Key, str]], width: int) -> Iterator[Line]:
    yield rule(title.capitalize(), "", width)
    for key, pressed in found:
        about = fitted(key.about, max(min(40, width - 12), 0))
        yield (Cell(f" {pressed:>10}  ", "key"), Cell(about), Cell(f"  {key.id}", "dim"))
    yield ()
