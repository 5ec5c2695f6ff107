"""What is unwell though its state says nothing of failure: it ends again and again, or is stuck."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from devenv.model.state import HEALTHY_TIME, State
from devenv.tui.snapshot import Replica, Service

_GONE = frozenset({State.FAILED, State.STOPPED, State.SKIPPED})


def unwell(services: Sequence[Service], now: float) -> frozenset[str]:
    """The names of what has ill health, keeps ending, or waits for what has failed."""
    ill = {one.name for one in services if one.health in {"failing", "unhealthy"}}
    ending = {one.name for one in services if keeps_ending(one, now)}
    states = {one.name: one.state for one in services}
    return stuck(states, {one.name: one.waits_for for one in services}).union(ill, ending)


def keeps_ending(service: Service, now: float) -> bool:
    """Whether a replica has ended by itself and was not well for long since."""
    return any(_keeps_ending(one, now) for one in service.replicas)


def _keeps_ending(replica: Replica, now: float) -> bool:
    match replica.state:
        case State.WAITING:
            return replica.exit_code is not None
        case State.STARTING | State.RUNNING | State.READY:
            since = now - replica.started if replica.started is not None else 0.0
            return replica.restarts > 0 and since < HEALTHY_TIME
    return False


def stuck(
    states: Mapping[str, str],
    waits_for: Mapping[str, Collection[str]],
    given_up: Collection[str] = (),
) -> frozenset[str]:
    """What waits for something that has failed or was stopped, or for what waits for that.

    ``given_up``: what is taken for failed, whatever its state.
    """
    waiting = {name for name, state in states.items() if state == State.WAITING}
    lost = {name for name, state in states.items() if state in _GONE}.union(given_up)
    found: set[str] = set()
    while more := {one for one in waiting - found if not lost.isdisjoint(waits_for.get(one, ()))}:
        found |= more
        lost |= more
    return frozenset(found)
