"""What has happened to replicas: what was told last, compared with what is seen now. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from devenv.model.environment import ReplicaId
from devenv.model.snapshot import Event, ReplicaView, Snapshot
from devenv.model.state import State
from devenv.model.unit import Health


@dataclass(frozen=True, slots=True)
class Told:
    """The last that was told of a replica; ``restarts`` None: an earlier daemon told it."""

    state: str
    restarts: int | None = None


def happened(
    told: Mapping[str, Told], view: Snapshot, at: float
) -> tuple[tuple[Event, ...], dict[str, Told]]:
    """Return an event for each replica that has changed, and what is told of each then.

    Replicas by the name that events have for them; ``at`` is seconds since the epoch.
    """
    seen = {str(key): replica for key, replica in _replicas(view)}
    news = tuple(
        Event(at, name, replica.state.value, replica.reason)
        for name, replica in seen.items()
        if _is_news(told.get(name), replica)
    )
    return news, {name: _told(told.get(name), replica) for name, replica in seen.items()}


def _is_news(told: Told | None, seen: ReplicaView) -> bool:
    if told is None:
        return seen.state not in {State.STOPPED, State.SKIPPED}
    restarted = told.restarts is not None and seen.restarts > told.restarts
    return restarted or _told(told, seen).state != told.state


def _told(told: Told | None, seen: ReplicaView) -> Told:
    """A ready one that a new daemon has not probed yet is what it was."""
    is_unproven = seen.state is State.RUNNING and seen.health == Health.UNKNOWN.value
    if told is not None and told == Told(State.READY) and is_unproven:
        return told
    return Told(seen.state, seen.restarts)


def _replicas(view: Snapshot) -> Iterator[tuple[ReplicaId, ReplicaView]]:
    for service in view.services:
        for replica in service.replicas or (ReplicaView(0, service.state, service.reason),):
            yield ReplicaId(service.name, replica.index), replica
