"""The whole view of one environment as one frozen value: what front ends show."""

from __future__ import annotations

from dataclasses import dataclass

from devenv.model.environment import Moved
from devenv.model.state import State


@dataclass(frozen=True, slots=True)
class PortView:
    name: str
    port: int
    url: str


@dataclass(frozen=True, slots=True)
class ReplicaView:
    index: int
    state: State
    reason: str = ""
    health: str = "none"
    pid: int | None = None
    exit_code: int | None = None
    restarts: int = 0
    started: float | None = None
    ports: tuple[PortView, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceView:
    """One service; its state is that of its least advanced replica.

    ``builds``: its image is built here; ``attaches``: it has a terminal or takes input.
    """

    name: str
    kind: str
    state: State
    runtime: str
    reason: str = ""
    waits_for: tuple[str, ...] = ()
    ports: tuple[PortView, ...] = ()
    replicas: tuple[ReplicaView, ...] = ()
    moved: tuple[Moved, ...] = ()
    builds: bool = False
    attaches: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, for ``devenv events``; ``at`` is seconds since the epoch."""

    at: float
    service: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``settled``: nothing will change any more by itself; ``empty``: nothing of it is left."""

    services: tuple[ServiceView, ...] = ()
    settled: bool = False
    empty: bool = False
