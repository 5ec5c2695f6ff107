"""When a probe is tried, and what a try means."""

from __future__ import annotations

import pytest

from devenv.model.service import ExecCheck, Probe, TcpCheck
from devenv.model.unit import Health
from devenv.planning.probing import Probing, judge, next_try

TCP = Probe(TcpCheck(), interval=30.0, retries=3, start_period=0.0)
EXEC = Probe(ExecCheck(("true",)), interval=30.0)


def failing(probing: Probing, probe: Probe, *moments: float) -> Probing:
    for moment in moments:
        probing = judge(probing, probe, False, "refused", moment)
    return probing


@pytest.mark.parametrize(
    ("waited", "pause"), [(0.0, 0.005), (0.2, 0.005), (1.0, 0.02), (4.0, 0.08), (60.0, 0.25)]
)
def test_the_next_try_comes_after_a_share_of_the_time_waited(waited: float, pause: float) -> None:
    tried = Probing(100.0, tried=100.0 + waited)
    assert next_try(tried, TCP, 0.0) == pytest.approx(100.0 + waited + pause)


@pytest.mark.parametrize(("waited", "pause"), [(0.0, 0.02), (1.0, 0.05), (60.0, 0.25)])
def test_a_command_is_tried_less_often(waited: float, pause: float) -> None:
    assert next_try(Probing(0.0, tried=waited), EXEC, 0.0) == pytest.approx(waited + pause)


def test_the_first_try_is_at_once() -> None:
    assert next_try(Probing(5.0), TCP, 7.0) == 7.0


def test_what_is_ready_is_looked_at_every_interval() -> None:
    passed = judge(Probing(0.0), TCP, True, "", 2.0)
    assert passed.health is Health.PASSING
    assert next_try(passed, TCP, 2.0) == 32.0


def test_early_tries_never_use_up_the_retries() -> None:
    many = failing(Probing(0.0), TCP, *(n / 10 for n in range(299)))
    assert (many.failures, many.health) == (0, Health.UNKNOWN)


def test_failures_count_an_interval_apart_and_then_it_is_unhealthy() -> None:
    sick = failing(Probing(0.0), TCP, 30.0, 30.1, 60.0, 89.0)
    assert (sick.failures, sick.health) == (2, Health.UNKNOWN)
    assert failing(sick, TCP, 90.0).health is Health.UNHEALTHY


def test_no_failure_counts_in_the_start_period() -> None:
    slow = Probe(TcpCheck(), interval=1.0, retries=1, start_period=60.0)
    assert failing(Probing(0.0), slow, 10.0, 59.0).health is Health.UNKNOWN
    assert failing(Probing(0.0), slow, 60.0).health is Health.UNHEALTHY


def test_after_it_was_ready_a_failure_shows_at_once_and_a_success_mends_it() -> None:
    passed = judge(Probing(0.0), TCP, True, "", 1.0)
    failed = failing(passed, TCP, 31.0)
    assert (failed.health, failed.failures, failed.detail) == (Health.FAILING, 1, "refused")
    mended = judge(failed, TCP, True, "", 32.0)
    assert (mended.health, mended.failures, mended.detail) == (Health.PASSING, 0, "")


def test_three_failures_after_it_was_ready_make_it_unhealthy() -> None:
    passed = judge(Probing(0.0), TCP, True, "", 1.0)
    assert failing(passed, TCP, 31.0, 61.0).health is Health.FAILING
    assert failing(passed, TCP, 31.0, 61.0, 91.0).health is Health.UNHEALTHY
