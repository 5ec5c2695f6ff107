"""Files that change whenever they are read: tried again later and later. Pure."""

from __future__ import annotations

from dataclasses import dataclass

AT_ONCE = 2
"""How often a file is tried again at once: most are done then."""
FIRST, LONGEST = 0.25, 10.0
"""Seconds that it is left alone after that, at first and at most."""
WHY = "it changes whenever it is read; it is tried again every few seconds"


@dataclass(frozen=True, slots=True)
class Restless:
    """``times``: how often in a row it has changed meanwhile; ``until``: when to try it again."""

    times: int = 0
    until: float = float("-inf")

    @property
    def waits(self) -> bool:
        return self.times > AT_ONCE


def changed(before: Restless | None, now: float) -> Restless:
    """Take in that it has changed while it was read, once more."""
    times = 1 if before is None else before.times + 1
    pause = min(LONGEST, FIRST * 2.0 ** (times - AT_ONCE - 1)) if times > AT_ONCE else 0.0
    return Restless(times, now + pause)
