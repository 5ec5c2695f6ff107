"""What the daemon tells when it is asked about one thing: frozen values of its documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devenv.model.state import State
from devenv.tui.synced import Synced, read_synced

Document = Mapping[str, Any]

_STATES = frozenset(State)

LOOK_EVERY = 1.0
"""Seconds between two looks at what changes without a new revision, while it is shown."""


@dataclass(frozen=True, slots=True)
class Event:
    """``kind`` is the state that a replica came to, "note", "sync" (files were sent) or another.

    ``at``: seconds since the epoch.
    """

    at: float
    service: str
    kind: str
    text: str = ""
    number: int = 0

    @property
    def is_state(self) -> bool:
        return self.kind in _STATES


@dataclass(frozen=True, slots=True)
class Value:
    key: str
    text: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """One dependency; ``service`` is its other end."""

    service: str
    condition: str


@dataclass(frozen=True, slots=True)
class Probe:
    check: str
    interval: float
    health: str
    detail: str = ""
    tried: float | None = None
    failures: int = 0

    def next_look(self, now: float) -> float:
        """When to ask for the next try, as often as there is one: no new revision tells of it."""
        pace = max(self.interval if self.health in _AT_ITS_PACE else 0.0, LOOK_EVERY)
        following = (self.tried or now) + pace + LOOK_EVERY
        return following if following > now else now + pace


_AT_ITS_PACE = frozenset({"passing", "unhealthy"})
"""In these states it is tried every ``interval``, in others several times a second."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is told of one service; ``graph``: what each service depends on."""

    why: tuple[str, ...] = ()
    values: tuple[Value, ...] = ()
    graph: Mapping[str, tuple[Link, ...]] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    synced: tuple[Synced, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """An environment of this machine, or a preview in a cluster (``where``).

    ``name`` and ``where`` are what the verbs of previews call it; ``expires``: seconds since the
    epoch; ``urls``: the pages of a preview.
    """

    id: str
    name: str
    path: str
    branch: str
    state: str
    services: int
    running: int
    where: str = "this machine"
    is_preview: bool = False
    expires: float | None = None
    urls: tuple[str, ...] = ()


def read_events(answer: Document) -> tuple[Event, ...]:
    """The events of an answer, oldest first."""
    return tuple(
        Event(one["at"], one["service"], one["kind"], one["text"], one["number"])
        for one in answer["events"]
    )


def read_inspection(told: Mapping[str, Document], service: str) -> Inspection:
    """Put together what is told of a service by each of the methods that are ``asked``."""
    found = told["inspect"]
    events = read_events(told["events"])
    return Inspection(
        tuple(told["why"]["lines"]),
        tuple(Value(one["key"], one["text"], one["origin"]) for one in found["values"]),
        read_graph(told["graph"]),
        tuple(one for one in events if one.service.partition("[")[0] == service),
        read_synced(told["sync.status"]),
    )


def asked(service: str) -> Mapping[str, Mapping[str, Any]]:
    """The methods that tell of a service, with their parameters."""
    one = {"service": service}
    return {
        "inspect": one,
        "why": one,
        "events": {"limit": 1000},
        "graph": {},
        "sync.status": {"services": [service]},
    }


def read_graph(answer: Document) -> dict[str, tuple[Link, ...]]:
    """What each service depends on."""
    return {name: _links(links) for name, links in answer["services"].items()}


def read_environments(answer: Document) -> tuple[Known, ...]:
    """All environments, those that are up first."""
    found = [
        Known(
            one["id"],
            one["name"],
            one["path"],
            one["branch"],
            one["state"],
            one["services"],
            one["running"],
        )
        for one in answer["environments"]
    ]
    return tuple(sorted(found, key=lambda one: (one.state == "down", one.name, one.path)))


def read_previews(answer: Document) -> tuple[Known, ...]:
    """The previews of all clusters, whoever has brought them up."""
    return tuple(_preview(one) for one in answer["previews"])


def read_faults(answer: Document) -> tuple[str, ...]:
    """Why which clusters do not answer."""
    return tuple(f"{one['cluster']}: {one['message']}" for one in answer["faults"])


def together(local: tuple[Known, ...], previews: tuple[Known, ...]) -> tuple[Known, ...]:
    """This machine's environments, then all previews; one of ours is told of once."""
    own = {one.id for one in previews}
    return (*(one for one in local if one.id not in own), *previews)


def _preview(found: Document) -> Known:
    states = [one["state"] for one in found["services"]]
    return Known(
        id=f"{found['name']}.{found['cluster']}",
        name=found["name"],
        path="",
        branch=found["branch"],
        state=found["state"],
        services=len(states),
        running=sum(one in {"ready", "running"} for one in states),
        where=found["cluster"],
        is_preview=True,
        expires=found["expires_at"],
        urls=tuple(found["urls"].values()),
    )


def _links(found: list[Document]) -> tuple[Link, ...]:
    return tuple(Link(one["service"], one["condition"]) for one in found)


def read_probe(answer: Document) -> Probe | None:
    """What was found out of readiness, in an answer of ``inspect``; None: there is no probe."""
    found = answer["probe"]
    return found and Probe(
        found["check"],
        found["interval"],
        found["health"],
        found["detail"],
        found["tried_at"],
        found["failures"],
    )
