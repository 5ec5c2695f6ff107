"""What to do now: steps, each one call to the outside, and holds, what waits and for what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from devenv.model.environment import Replica, ReplicaId
from devenv.model.unit import Unit


@dataclass(frozen=True, slots=True)
class Prepare:
    runtime: str
    cause: str


@dataclass(frozen=True, slots=True)
class Start:
    """Start a replica; ``attempt`` and ``restarts`` are kept on the unit."""

    replica: Replica
    runtime: str
    cause: str
    attempt: int = 0
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class StopUnit:
    """Stop a unit by its service's stop signal and grace; ``hooks`` run in it before that."""

    unit: Unit
    signal: str
    grace: float
    cause: str
    hooks: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Pause:
    """Freeze a unit where it stands, or (``paused`` is False) let it go on."""

    unit: Unit
    paused: bool
    cause: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Forget a unit that has ended and that nobody wants."""

    unit: Unit
    cause: str


Step = Prepare | Start | StopUnit | Pause | Remove


class HoldKind(StrEnum):
    BUSY = "busy"
    PREPARING = "preparing"
    DEPENDENCY = "dependency"
    DEPENDENCY_FAILED = "dependency failed"
    BACKING_OFF = "backing off"
    GAVE_UP = "gave up"
    PORT = "port"
    RUNTIME_AWAY = "runtime away"
    FAILING = "failing"
    """Its step has failed, and goes on to be tried."""
    RETRYING = "retrying"
    """Its step has failed, and is tried again at once."""
    DEPENDANTS = "dependants"
    """It is to stop, but those that depend on it stop first."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a replica is passed over now. ``on``: the services it waits for; ``until``: boottime."""

    replica: ReplicaId
    kind: HoldKind
    reason: str
    on: tuple[str, ...] = ()
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """``wake_at`` is the boottime at which the plan may change by itself; None: never."""

    steps: tuple[Step, ...] = ()
    holds: tuple[Hold, ...] = ()
    wake_at: float | None = None
