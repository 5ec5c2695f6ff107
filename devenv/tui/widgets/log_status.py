"""The line below a log: whether it follows, what it leaves out, what it looks for. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from devenv.logs.search import Search
from devenv.tui.widgets.log_lines import LogLines
from devenv.tui.widgets.log_saving import Saving


@dataclass(frozen=True, slots=True)
class Status:
    """``total`` is a guess unless it ``is_counted``, ``new`` unless its lines are;
    ``match`` of ``matches`` is the cursor's."""

    following: bool = True
    new: int = 0
    is_new_counted: bool = True
    total: int = 0
    is_counted: bool = False
    keep: str = ""
    drop: str = ""
    sought: str = ""
    match: int = 0
    matches: int = 0
    is_searched: bool = False
    selecting: bool = False
    hidden: int = 0
    """Marks on lines that are not shown."""
    left: int = 0
    """Cells that are left out of the beginning of each line."""
    saved: float | None = None
    """The share of a file that is written; None: there is none."""


def status_of(lines: LogLines, search: Search | None, saving: Saving | None) -> Status:
    """Gather what there is to say."""
    window, at = lines.window, lines.at
    document = window.document
    lens, tally, held = document.lens, document.tally, window.held
    until = document.rank(held) + 1 if held else 0  # it reads a page, which is counted by that
    return Status(
        following=window.following,
        new=tally.total - until if held else 0,
        is_new_counted=held is None or tally.is_done_from(held[0]),
        total=tally.total,
        is_counted=tally.is_done,
        keep=lens.keep.pattern if lens.keep else "",
        drop=lens.drop.pattern if lens.drop else "",
        sought=search.finder.pattern if search else "",
        match=search.rank(at) if search and at else 0,
        matches=search.total if search else 0,
        is_searched=search is not None and search.is_done,
        selecting=lines.selected_from is not None,
        hidden=len(lines.hidden),
        left=0 if lines.look.wrap else lines.look.left,
        saved=saving.share if saving else None,
    )


def status_line(status: Status) -> Text:
    parts = [_place(status), _total(status)]
    if status.saved is not None:
        parts.append(f"saving {status.saved:.0%}: escape ends it")
    if status.left:
        parts.append(f"from column {status.left + 1:,}")
    if status.keep:
        parts.append(f"only /{status.keep}/")
    if status.drop:
        parts.append(f"without /{status.drop}/")
    if status.sought:
        more = "" if status.is_searched else "+"
        parts.append(f"/{status.sought}/ {status.match:,} of {status.matches:,}{more}")
    if status.hidden:
        parts.append(f"{status.hidden:,} mark{'s' * (status.hidden > 1)} hidden")
    if status.selecting:
        parts.append("selecting: y copies, s saves")
    return Text(" · ".join(parts), no_wrap=True, overflow="ellipsis")


def _place(status: Status) -> str:
    if status.following:
        return "▶ following"
    about = "" if status.is_new_counted else "≈ "
    return f"‖ held, {about}{status.new:,} new" if status.new else "‖ held"


def _total(status: Status) -> str:
    about = "" if status.is_counted else "≈ "
    return f"{about}{status.total:,} line{'' if status.total == 1 else 's'}"
