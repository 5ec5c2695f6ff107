"""A status document as frozen values: all that a screen knows about an environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devenv.api.addresses import page_of
from devenv.model.state import State

Document = Mapping[str, Any]

TASK = "task"
NOTHING_CHOSEN = "no environment is here: choose one of this list first"


@dataclass(frozen=True, slots=True)
class Port:
    name: str
    number: int
    url: str = ""

    @property
    def address(self) -> str:
        return self.url or str(self.number)


@dataclass(frozen=True, slots=True)
class Replica:
    """``started``: seconds since the epoch, None where it does not run."""

    index: int
    state: State
    reason: str = ""
    health: str = "none"
    pid: int | None = None
    exit_code: int | None = None
    restarts: int = 0
    started: float | None = None
    ports: tuple[Port, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """A service or a task, with the state of its least advanced replica."""

    name: str
    kind: str
    state: State
    runtime: str = ""
    reason: str = ""
    waits_for: tuple[str, ...] = ()
    health: str = "none"
    restarts: int = 0
    exit_code: int | None = None
    started: float | None = None
    ports: tuple[Port, ...] = ()
    replicas: tuple[Replica, ...] = ()
    tail: tuple[str, ...] = ()
    builds: bool = False
    attaches: bool = False

    @property
    def is_task(self) -> bool:
        return self.kind == TASK

    @property
    def runs(self) -> bool:
        return any(one.pid for one in self.replicas)

    @property
    def page(self) -> str:
        """The first address that a browser understands."""
        return page_of(port.url for port in self.ports)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with the profile."""

    message: str
    place: str = ""
    hint: str = ""
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    id: str = ""
    name: str = ""
    path: str = ""
    branch: str = ""
    kind: str = "local"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``leaving``: it is being taken down."""

    place: Place = Place()
    services: tuple[Service, ...] = ()
    problems: tuple[Problem, ...] = ()
    changes: tuple[str, ...] = ()
    notice: str = ""
    revision: int = -1
    leaving: bool = False

    def service(self, name: str) -> Service | None:
        return next((one for one in self.services if one.name == name), None)

    @property
    def is_of_nothing(self) -> bool:
        """No environment was chosen yet, where none is here."""
        return not self.place.id

    @property
    def is_unread(self) -> bool:
        """Its profile has errors, and none was read before."""
        return not self.services and any(not one.warning for one in self.problems)


def read(document: Document) -> Snapshot:
    """The snapshot in a status document."""
    place = document["environment"]
    return Snapshot(
        Place(place["id"], place["name"], place["path"], place["branch"], place["kind"]),
        tuple(_service(one) for one in document["services"]),
        tuple(_problem(one) for one in document["problems"]),
        tuple(document["changes"]),
        document["notice"],
        document["revision"],
        document["leaving"],
    )


def _service(found: Document) -> Service:
    replicas = tuple(_replica(one) for one in found["replicas"])
    return Service(
        name=found["name"],
        kind=found["kind"],
        state=State(found["state"]),
        runtime=found["runtime"],
        reason=found["reason"],
        waits_for=tuple(found["waits_for"]),
        health=found["health"],
        restarts=sum(one.restarts for one in replicas),
        exit_code=found["exit_code"],
        started=found["started_at"],
        ports=_ports(found["ports"]),
        replicas=replicas,
        tail=tuple(found.get("log_tail") or ()),
        builds=found["builds"],
        attaches=found["attaches"],
    )


def _replica(found: Document) -> Replica:
    return Replica(
        found["index"],
        State(found["state"]),
        found["reason"],
        found["health"],
        found["pid"],
        found["exit_code"],
        found["restarts"],
        found["started_at"],
        _ports(found["ports"]),
    )


def _ports(found: list[Document]) -> tuple[Port, ...]:
    return tuple(Port(one["name"], one["port"], one["url"]) for one in found)


def _problem(found: Document) -> Problem:
    place = ":".join(str(found[key]) for key in ("file", "line", "column") if found.get(key))
    return Problem(found["message"], place, found["hint"], bool(found["warning"]))
