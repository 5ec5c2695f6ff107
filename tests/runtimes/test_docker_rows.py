"""What a container is as a unit, as values."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from devenv.model.environment import EnvironmentId, ReplicaId
from devenv.model.unit import Health
from devenv.runtimes.docker import names
from devenv.runtimes.docker.records import Record
from devenv.runtimes.docker.rows import Row, longest_up, row_of, unit_of

ROW = Row(
    "c1", EnvironmentId("shop-1"), ReplicaId("web"), "f", 0, "running", created=499.0, started=500.0
)


def test_a_line_that_an_engine_stamps_before_the_start_is_the_containers_own() -> None:
    assert unit_of(ROW, Record(0), boot=100.0).speaks_since == 399.0


def test_lines_of_the_run_before_are_not_those_of_a_container_started_again() -> None:
    again = replace(ROW, started=600.0, finished=550.0)
    assert unit_of(again, Record(0), boot=100.0).speaks_since == 450.0


def test_a_container_that_has_ended_has_spoken_since_its_start() -> None:
    ended = replace(ROW, status="exited", finished=600.0)
    assert unit_of(ended, Record(0), boot=100.0).speaks_since is None


@pytest.mark.parametrize(
    ("failures", "check", "seen"),
    [
        (0, {"Retries": 5}, Health.UNKNOWN),
        (4, {"Retries": 5}, Health.UNKNOWN),
        (5, {"Retries": 5}, Health.UNHEALTHY),
        (2, {}, Health.UNKNOWN),
        (3, {}, Health.UNHEALTHY),
    ],
)
def test_a_container_that_was_paused_is_not_unhealthy_for_it(
    failures: int, check: dict[str, int], seen: Health
) -> None:
    state = {"Status": "running", "Health": {"Status": "unhealthy", "FailingStreak": failures}}
    labels = names.container_labels(ROW.environment, ROW.replica, directory="/", files="")
    row = row_of({"Id": "c1", "Config": {"Labels": labels, "Healthcheck": check}, "State": state})
    assert row is not None
    assert row.health is seen


@pytest.mark.parametrize(
    ("status", "most"),
    [
        ("Up Less than a second", 2),
        ("Up 1 second", 2),
        ("Up 59 seconds", 60),
        ("Up About a minute", 120),
        ("Up 3 minutes (Paused)", 240),
        ("Up About an hour", 7200),
        ("Up 2 days", 3 * 86_400),
        ("Exited (0) 2 hours ago", inf),
        ("anything else", inf),
    ],
)
def test_how_long_a_container_is_up_at_the_most(status: str, most: float) -> None:
    assert longest_up(status) == most
