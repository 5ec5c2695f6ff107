"""A limit for what computes without a pause: nothing else in the process could stop it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_SHORTEST = 0.001
"""Seconds; none at all would be no limit."""


class TookTooLongError(Exception):
    """The limit was reached."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TookTooLongError in what takes more time of the processor; in the main thread only."""
    before = signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, max(seconds, _SHORTEST))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _stop(*_: object) -> None:
    raise TookTooLongError
