"""What is told of replicas, each thing once: from view to view, and from daemon to daemon."""

from __future__ import annotations

import pytest

from devenv.model.snapshot import Event, ReplicaView, ServiceView, Snapshot
from devenv.model.state import State
from devenv.planning.happened import Told, happened


def view(state: State, **other: object) -> Snapshot:
    replica = ReplicaView(0, state, **other)  # type: ignore[arg-type]  # fields of it
    return Snapshot((ServiceView("web", "service", state, "process", replicas=(replica,)),))


def kinds(news: tuple[Event, ...]) -> list[str]:
    return [event.kind for event in news]


def test_what_has_changed_is_told_once() -> None:
    news, told = happened({}, view(State.READY, reason="because"), 5.0)
    assert news == (Event(5.0, "web", "ready", "because"),)
    assert happened(told, view(State.READY), 6.0) == ((), told)


def test_a_restart_between_two_views_is_told() -> None:
    _, told = happened({}, view(State.READY), 5.0)
    assert kinds(happened(told, view(State.READY, restarts=1), 6.0)[0]) == ["ready"]


def test_that_restarts_are_counted_anew_is_not_told() -> None:
    _, told = happened({}, view(State.FAILED, restarts=6), 5.0)
    assert happened(told, view(State.FAILED, restarts=0), 6.0)[0] == ()


@pytest.mark.parametrize("state", [State.STOPPED, State.SKIPPED])
def test_what_never_ran_is_not_told(state: State) -> None:
    assert happened({}, view(state), 5.0)[0] == ()


def test_what_an_earlier_daemon_told_is_not_told_again() -> None:
    news, told = happened({"web": Told("ready")}, view(State.READY, restarts=3), 5.0)
    assert news == ()
    assert kinds(happened(told, view(State.READY, restarts=4), 6.0)[0]) == ["ready"]


@pytest.mark.parametrize("state", [State.STOPPED, State.FAILED, State.STARTING])
def test_what_has_changed_while_there_was_no_daemon_is_told(state: State) -> None:
    assert kinds(happened({"web": Told("ready")}, view(state), 5.0)[0]) == [state]


def test_a_ready_one_is_ready_until_a_new_daemon_has_probed_it() -> None:
    news, told = happened({"web": Told("ready")}, view(State.RUNNING, health="unknown"), 5.0)
    assert news == ()
    assert happened(told, view(State.READY, health="passing"), 6.0)[0] == ()
    assert kinds(happened(told, view(State.RUNNING, health="unhealthy"), 6.0)[0]) == ["running"]
