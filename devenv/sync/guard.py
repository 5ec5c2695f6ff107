"""Notices when acting on a change brings the next change about. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

TOO_SOON = 2.0
"""Seconds after an action within which a change is likely to be its own doing."""
TIMES = 5
"""How often in a row that is taken for a loop."""


@dataclass(frozen=True, slots=True)
class Guard:
    """``acted`` is when the last action ended, ``row`` how many came too soon after another."""

    acted: float | None = None
    row: int = 0

    @property
    def is_spinning(self) -> bool:
        return self.row >= TIMES


def changed(guard: Guard, at: float) -> Guard:
    """Take in that a change was seen at this time."""
    soon = guard.acted is not None and at - guard.acted < TOO_SOON
    return replace(guard, row=guard.row + 1 if soon else 0)


def acted(guard: Guard, at: float) -> Guard:
    """Take in that the action on it has ended."""
    return replace(guard, acted=at)
