"""Counts of what a target was sent, and how long it took."""

from __future__ import annotations

from collections import deque

from devenv.sync.report import Sent

REMEMBERED = 200
"""Latencies that the percentiles are made of."""


class Tally:
    """Counts what was sent, and how long it took from the first event to the acknowledgement."""

    def __init__(self) -> None:
        self.generation = 0
        self.files = 0
        self.bytes = 0
        self.latencies: deque[float] = deque(maxlen=REMEMBERED)
        self._untold = Sent()

    def take(self) -> Sent:
        """What was sent since the last call."""
        found, self._untold = self._untold, Sent()
        return found

    def percentile(self, share: float, *, newest: int = REMEMBERED) -> float | None:
        """Seconds within which a share of the newest batches has arrived; None: there was none."""
        found = sorted(list(self.latencies)[-newest:])
        return found[min(len(found) - 1, int(len(found) * share))] if found else None

    def add(self, sent: Sent) -> None:
        self.generation += 1
        self.files += sent.files
        self.bytes += sent.bytes
        self.latencies.append(sent.seconds)
        self._untold = self._untold.with_more(sent)
