"""What the daemon wants of a log: has it said this yet, and what did it say last?"""

from __future__ import annotations

from devenv.logs.follow import Follower
from devenv.logs.match import select
from devenv.logs.read import Query, lines
from devenv.logs.sanitise import sanitise
from devenv.logs.source import Source

_LONGEST_SHOWN = 1000


class LogWatch:
    """Looks in the log in ``folder`` for a line that matches, from ``since`` on (nanoseconds).

    Our own notes do not count, nor does a line before its newline has come. Each byte is looked
    at once. Raises UsageError for what is no regular expression.
    """

    def __init__(self, folder: str, pattern: str, since: int = 0) -> None:
        query = Query(since=since, keep=select(pattern), notes=False)
        self._follower = Follower([Source("", folder)], query)
        self._matched = False

    def matched(self) -> bool:
        """Look at what is new, a few megabytes at most; once found it stays found."""
        if not self._matched and self._follower.poll():
            self._matched = True
            self.close()
        return self._matched

    def close(self) -> None:
        """Give the descriptor back."""
        self._follower.close()


def tail(folder: str, count: int, since: int = 0) -> list[str]:
    """Return the last ``count`` lines since ``since``, our notes left out, fit to be shown."""
    query = Query(since=since or None, last=count, notes=False)
    return [_shortened(sanitise(line)) for _, _, line in lines(Source("", folder), query)]


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
