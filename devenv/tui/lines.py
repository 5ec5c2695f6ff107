"""The lines around the tables: the headline, what is wrong or would change, the keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len

from devenv.tui.cells import counts, tasks_told, totals
from devenv.tui.keys import Key
from devenv.tui.snapshot import Problem
from devenv.tui.table import Cell, Line, fitted
from devenv.tui.view import View

SHOWN_PROBLEMS = 4
SHOWN_REFUSAL = 6


Tab = tuple[str, str, bool]
"""What is pressed for a screen, its title, and whether it is the one that is shown."""


def headline(view: View, tabs: Sequence[Tab], width: int) -> Line:
    """Which environment this is and how it stands; at the right what it uses, and the screens.

    Where there is no room, what it uses goes first, then most titles, then the words of states.
    """
    left, short = (_standing(view, in_words=words) for words in (True, False))
    used = [] if view.away else [*_spaced(totals(view.usage)), Cell("   ")]
    titles = [_tab(*tab) for tab in tabs]
    keys = [_tab(*tab, in_words=tab[2]) for tab in tabs]
    ways = (
        (left, [*used, *titles]),
        (left, titles),
        (left, keys),
        (short, keys),
    )
    fits = (way for way in ways if _length(way[0]) + _length(way[1]) + 3 <= width)
    shown, right = next(fits, (short, []))
    return spread(shown, [*right, Cell(" ")], width)


def _standing(view: View, *, in_words: bool) -> list[Cell]:
    place = view.snapshot.place
    left = [Cell(f" {place.name or 'devenv'} ", "title")]
    if place.branch:
        left.append(Cell(f" {place.branch}", "dim"))
    left.append(Cell("  "))
    if view.away:
        return [*left, Cell("⚠ the daemon is away", "bad")]
    if view.snapshot.leaving:
        return [*left, Cell("◑ going down", "wait")]
    if view.snapshot.is_of_nothing:
        return [*left, Cell("○ none is chosen", "dim")]
    told = (*counts(view.services, view.now, in_words=in_words), *tasks_told(view.tasks) * in_words)
    return [*left, *_spaced(told or (Cell("○ nothing runs", "dim"),))]


def _tab(key: str, title: str, shown: bool, *, in_words: bool = True) -> Cell:
    words = f" {key} {title} " if in_words else f" {key} "
    return Cell(words, "tab-shown" if shown else "tab", f"app.show('{title.lower()}')")


def notes(view: View, up_key: str, width: int) -> tuple[Line, ...]:
    """What is wrong with the profile, what `up` would change, what else is worth knowing."""
    snapshot = view.snapshot
    shown = [*_away(view.away, up_key, width), *_refused(view.refused, width)]
    for problem in snapshot.problems[:SHOWN_PROBLEMS]:
        shown += _problem(problem, snapshot.place.path, width)
    more = len(snapshot.problems) - SHOWN_PROBLEMS
    if more > 0:
        shown.append((Cell(f"   and {more} more: devenv check", "dim"),))
    applies = Cell(f"  {up_key} applies it", "dim", "app.do('up')")
    edited = Cell(" ~ edited  ", "busy")
    shown += [(edited, Cell(change), applies) for change in snapshot.changes[:SHOWN_PROBLEMS]]
    if snapshot.notice:
        shown.append((Cell(" ! note    ", "wait"), Cell(snapshot.notice)))
    return tuple(cut(line, width) for line in shown)


def _away(why: str, up_key: str, width: int) -> Iterator[Line]:
    """What it means that there is no daemon."""
    if why:
        sign, first, *rest = " ! daemon  ", *_AWAY.format(why, up_key).split("\n")
        yield Cell(sign, "wait"), Cell(first)
        yield from _wrapped([Cell(" ".join(rest), "dim")], width)


_AWAY = "{}\nWhat runs goes on, and is shown as it was last seen. {} starts a daemon."


def _refused(why: str, width: int) -> Iterator[Line]:
    """Why what was asked for was not done, as much as there is room for."""
    if not why:
        return
    sign = Cell(" ✗ refused ", "bad")
    first, *rest = [line for line in why.splitlines() if line.strip()]
    lines = list(_wrapped([Cell(line) for line in (first, *rest)], width))
    if cell_len(first) + cell_len(sign.text) <= width:
        yield sign, Cell(first)
        lines = list(_wrapped([Cell(line, "dim") for line in rest], width))
    else:
        yield (sign,)
    yield from lines[:SHOWN_REFUSAL]
    if len(lines) > SHOWN_REFUSAL:
        yield (Cell(f"   and {len(lines) - SHOWN_REFUSAL} lines more: devenv up -d", "dim"),)


def _problem(problem: Problem, root: str, width: int) -> Iterator[Line]:
    """In one line, else the hint below, else all words below the place."""
    sign = Cell(*((" ! warning ", "wait") if problem.warning else (" ✗ problem ", "bad")))
    place = Cell(f"{short(problem.place, root)}: " if problem.place else "", "link")
    message, hint = Cell(problem.message), Cell(problem.hint, "dim")
    heads = (
        ((sign, place, message, Cell("  "), hint), ()),
        ((sign, place, message), (hint,)),
        ((sign, place), (message, hint)),
    )
    head, below = next((one for one in heads if _length(one[0]) <= width), heads[-1])
    yield head
    if below:
        yield from _wrapped(below, width)


def _wrapped(cells: Iterable[Cell], width: int) -> Iterator[Line]:
    from textwrap import wrap  # most of the time nothing is wrong

    for cell in cells:
        for text in wrap(cell.text, max(width - 3, 1)):
            yield Cell("   "), Cell(text, cell.role)


def nothing_there(view: View, what: str) -> str:
    """Why there is no row of ``what``, "services" or "tasks"."""
    if view.snapshot.is_of_nothing:
        return ""
    if view.snapshot.is_unread:
        return f"Its {what} are known as soon as the profile is mended."
    return f"The profile has no {what}."


def short(place: str, root: str) -> str:
    """A path, without the root that it lies below."""
    return place.removeprefix(root.rstrip("/") + "/") if root else place


Pressed = tuple[Key, str]
"""A key, and what is to be pressed for it."""


def key_line(here: Iterable[Pressed], everywhere: Iterable[Pressed], width: int) -> Line:
    """The keys of this place, as many as fit, and at the right those that work everywhere.

    Each can be clicked.
    """
    right = [cell for one in everywhere for cell in _key(*one)]
    left = [Cell(" ")]
    for one in here:
        cells = _key(*one)
        if _length(left) + _length(cells) + _length(right) > width:
            break
        left += cells
    return spread(left, right, width)


def _key(key: Key, press: str) -> list[Cell]:
    return [Cell(press, "key", key.click), Cell(f" {key.word}  ", "dim", key.click)]


def rule(title: str, detail: str, width: int, *, is_focused: bool = False) -> Line:
    """A line that begins a part of the screen; a heavy one where that has the focus."""
    stroke, role, name = ("━", "accent", "accent") if is_focused else ("─", "rule", "strong")
    left = [
        Cell(f"{stroke} ", role),
        Cell(title, name),
        Cell(f" {detail} " if detail else " ", "dim"),
    ]
    return (*left, Cell(stroke * max(width - _length(left), 0), role))


def spread(left: Sequence[Cell], right: Sequence[Cell], width: int) -> Line:
    """Cells at both ends; the left ones are cut where there is no room."""
    room = width - _length(right)
    if room < _length(left):
        room, right = width, ()
    return (*cut(left, room), Cell(" " * max(room - _length(left), 0)), *right)


def cut(cells: Sequence[Cell], width: int) -> Line:
    """The cells that fit, the last of them cut."""
    made: list[Cell] = []
    for cell in cells:
        size = cell_len(cell.text)
        if size > width:
            made.append(Cell(fitted(cell.text, width), cell.role, cell.click))
            break
        made.append(cell)
        width -= size
    return tuple(made)


def _spaced(cells: Iterable[Cell]) -> list[Cell]:
    return [part for cell in cells for part in (cell, Cell("  "))][:-1]


def _length(cells: Iterable[Cell]) -> int:
    return sum(cell_len(cell.text) for cell in cells)
