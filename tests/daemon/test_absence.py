"""A checkout that was deleted is given a day."""

from __future__ import annotations

from devenv.daemon.absence import PATIENCE, Absences
from devenv.model.environment import EnvironmentId

HERE, THERE = EnvironmentId("a-1"), EnvironmentId("b-2")


def test_a_missing_checkout_is_overdue_after_a_day() -> None:
    absences = Absences()
    assert absences.overdue([HERE], 0.0) == []
    assert absences.overdue([HERE, THERE], PATIENCE - 1) == []
    assert absences.overdue([HERE, THERE], PATIENCE) == [HERE]


def test_one_that_comes_back_begins_anew() -> None:
    absences = Absences()
    absences.overdue([HERE], 0.0)
    absences.overdue([], PATIENCE / 2)
    assert absences.overdue([HERE], PATIENCE) == []
    assert absences.overdue([HERE], 2 * PATIENCE) == [HERE]
