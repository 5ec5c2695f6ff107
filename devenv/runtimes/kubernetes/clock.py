"""The clock of a server, as its answers say: what is written down in a cluster goes by it."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

from devenv.runtimes.kubernetes.moments import moment

MAY_DIFFER = 5.0
"""Seconds: an answer says its time in whole ones, and clocks are corrected."""


class Clock:
    """``ahead``: seconds that it is ahead of ours."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def hear(self, date: str, asked: float) -> None:
        """Take in what an answer says, to a question that was ``asked`` at this time of ours."""
        try:
            said = parsedate_to_datetime(date).timestamp()
        except ValueError:
            return
        least, most = said - time.time() - MAY_DIFFER, said - asked + MAY_DIFFER
        fitting = (one for one in (self.ahead, 0.0) if least <= one <= most)
        self.ahead = next(fitting, (least + most) / 2)

    def now(self) -> float:
        """What it says, in seconds since the epoch: all machines write down the same."""
        return time.time() + self.ahead

    def local(self, stamp: str) -> float | None:
        """A moment of it as our clock has it, in seconds since the epoch."""
        found = moment(stamp)
        return None if found is None else found - self.ahead
