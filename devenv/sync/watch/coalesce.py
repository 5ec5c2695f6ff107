"""When to act on what was seen: at once after quiet, in growing batches under a burst. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

CREATED = 0.020
"""Seconds that a new file has to be written and closed."""
SETTLE = 0.002
"""Seconds that one save has to finish: an editor's rename comes right after its close."""
FIRST, WIDEST = 0.010, 0.100
REST = 0.040
"""Seconds without an event that end a burst: a hand that saves again and again is none."""
CAP = 0.250
"""Seconds that nothing is held longer than."""
HOLD = 10.0
"""Seconds that git may hold its index; a lock older than that was left behind."""


class Phase(Enum):
    """How far a file is when an event tells of it."""

    MADE = "made just now, and being written"
    CHANGED = "changed; more may follow"
    WHOLE = "as it is meant to be"


@dataclass(frozen=True, slots=True)
class Pace:
    """``since`` and ``last`` are the times of the first and the last event not acted on yet.

    ``width`` is how long it must be quiet; ``acted`` when the last batch was taken.
    """

    since: float | None = None
    last: float = 0.0
    width: float = SETTLE
    acted: float = float("-inf")


def seen(pace: Pace, now: float, phase: Phase = Phase.CHANGED) -> Pace:
    """Take in an event. What is whole after quiet is due now."""
    since, width = (now, _width(pace, now)) if pace.since is None else (pace.since, pace.width)
    if phase is Phase.MADE:
        return Pace(since, now + CREATED, width, pace.acted)
    last = now - SETTLE if phase is Phase.WHOLE and width == SETTLE else now
    return Pace(since, last, width, pace.acted)


def taken(pace: Pace, now: float) -> Pace:
    """Take in that a batch was acted on."""
    return Pace(None, pace.last, pace.width, now)


def due(pace: Pace, *, locked: bool = False) -> float | None:
    """Return when to act; None: there is nothing to act on. ``locked``: git is at work."""
    if pace.since is None:
        return None
    if locked:
        return pace.since + HOLD
    return min(pace.last + pace.width, pace.since + CAP)


def _width(pace: Pace, now: float) -> float:
    if now - pace.acted > REST:
        return SETTLE
    return min(WIDEST, max(FIRST, pace.width * 2))
