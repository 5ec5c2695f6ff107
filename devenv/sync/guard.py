"""Notices when acting on a change may bring the next change about, and slows that down. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

TOO_SOON = 2.0
"""Seconds after an action within which a change is likely to be its own doing."""
TIMES = 5
"""How often in a row that is taken for a loop."""
SLOWEST = 60.0
"""Seconds that a loop is kept waiting at most."""


@dataclass(frozen=True, slots=True)
class Guard:
    """``acted`` is when the last action ended, ``row`` how many changes came too soon after one.

    ``acted`` is None once a change after it was seen: what else comes before the next action is
    of one piece with it.
    """

    acted: float | None = None
    row: int = 0

    @property
    def is_spinning(self) -> bool:
        return self.row >= TIMES

    @property
    def pause(self) -> float:
        """Seconds of quiet until a change is acted on: a person may save as quickly as a loop."""
        if not self.is_spinning:
            return 0.0
        return min(SLOWEST, TOO_SOON * 2.0 ** min(self.row - TIMES, TIMES))


def changed(guard: Guard, at: float) -> Guard:
    """Take in that a change was seen at this time."""
    if guard.acted is None:
        return guard
    return Guard(None, guard.row + 1 if at - guard.acted < TOO_SOON else 0)


def acted(guard: Guard, at: float) -> Guard:
    """Take in that the action on it has ended."""
    return replace(guard, acted=at)
