from __future__ import annotations

import pytest

from devenv.sync.watch.coalesce import (
    CAP,
    CREATED,
    FIRST,
    HOLD,
    REST,
    SETTLE,
    WIDEST,
    Pace,
    Phase,
    due,
    seen,
    taken,
)


def test_nothing_is_due_before_anything_was_seen() -> None:
    assert due(Pace()) is None


def test_a_save_after_quiet_is_due_at_once() -> None:
    assert due(seen(Pace(), 100.0)) == 100.0 + SETTLE


def test_the_rest_of_a_save_is_waited_for() -> None:
    assert due(seen(seen(Pace(), 100.0), 100.001)) == 100.001 + SETTLE


def test_a_new_file_has_time_to_be_written() -> None:
    pace = seen(Pace(), 100.0, Phase.MADE)
    assert due(pace) == pytest.approx(100.0 + CREATED + SETTLE)
    assert due(seen(pace, 100.005)) == 100.005 + SETTLE


def test_a_save_that_is_whole_is_due_when_it_is_seen() -> None:
    assert due(seen(seen(Pace(), 100.0), 100.001, Phase.WHOLE)) == pytest.approx(100.001)


def test_a_burst_of_whole_files_is_a_burst() -> None:
    pace = taken(seen(Pace(), 100.0, Phase.WHOLE), 100.0)
    assert due(seen(pace, 100.001, Phase.WHOLE)) == 100.001 + FIRST


def test_a_burst_comes_in_growing_batches() -> None:
    pace, now, widths = Pace(), 0.0, []
    for _ in range(8):
        pace = seen(pace, now)
        at = due(pace)
        assert at is not None
        widths.append(round(at - now, 3))
        now, pace = at, taken(pace, at)
    assert widths[:5] == [SETTLE, FIRST, 0.02, 0.04, 0.08]
    assert set(widths[5:]) == {WIDEST}


def test_nothing_is_held_longer_than_the_cap() -> None:
    pace = taken(seen(Pace(), 0.0), 0.0)
    for step in range(100):
        pace = seen(pace, 0.1 + step * 0.009)
    assert due(pace) == 0.1 + CAP


def test_quiet_makes_the_next_save_quick_again() -> None:
    pace = Pace(width=WIDEST, acted=10.0)
    later = 10.0 + REST + 0.001
    assert due(seen(pace, later)) == later + SETTLE


def test_while_git_works_nothing_is_due_until_its_lock_is_too_old() -> None:
    assert due(seen(Pace(), 5.0), locked=True) == 5.0 + HOLD
