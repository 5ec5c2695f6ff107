"""What ``devenv bench sync`` measures: single saves, as a hand makes them."""

from __future__ import annotations

from devenv.cli import bench
from devenv.sync.watch.coalesce import SETTLE, Pace, Phase, due, seen, taken


def test_saves_are_measured_that_are_no_burst() -> None:
    pace = Pace()
    for number in range(10):
        now = number * bench.GAP
        pace = seen(pace, now, Phase.CHANGED)
        assert due(pace) == now + SETTLE
        pace = taken(pace, now + SETTLE)
