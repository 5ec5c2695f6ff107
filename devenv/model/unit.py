"""What is: the units a runtime observes. Times are seconds of CLOCK_BOOTTIME (clock_gettime(2))."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from devenv.model.environment import ReplicaId


class Health(StrEnum):
    """What the probe says; NONE: there is no probe."""

    NONE = "none"
    UNKNOWN = "unknown"
    PASSING = "passing"
    FAILING = "failing"
    """Failed again after it had passed, but not often enough to count as unhealthy."""
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Exit:
    """How a unit ended. ``code`` is 128 + signal when a signal ended it, as a shell says it."""

    code: int
    at: float
    requested: bool = False
    """We stopped it."""
    out_of_memory: bool = False
    why: str = ""
    """What kept it from running at all, in words."""

    @property
    def words(self) -> str:
        """The code, and what it does not tell: 137 may be the kernel's, for its memory."""
        code = f"exit code {self.code}{', out of memory' if self.out_of_memory else ''}"
        return f"{code} ({self.why})" if self.why else code


@dataclass(frozen=True, slots=True)
class Unit:
    """One observed thing in a runtime.

    ``fingerprint`` is "" where its start was not finished, so that nothing takes it for whole.
    ``attempt`` counts the failures in a row before this start, ``restarts`` all the starts that
    were not asked for. ``exit`` is None while it runs; ``lingering`` while its leader has ended
    but processes of it are still alive.
    """

    id: ReplicaId
    runtime: str
    fingerprint: str
    generation: int = 0
    attempt: int = 0
    restarts: int = 0
    started: float = 0.0
    pid: int | None = None
    exit: Exit | None = None
    stopping: bool = False
    lingering: bool = False
    paused: bool = False
    health: Health = Health.NONE
    detail: str = ""
    """What the last probe said, in words."""
    speaks_since: float | None = None
    """From when on its log is its own; None: since it started. An engine stamps a line before it
    says that its container has started."""


@dataclass(frozen=True, slots=True)
class BusyPort:
    """A port that one of our services should have and somebody else listens on."""

    port: int
    holder: str
    """In words: command and pid, or the environment that holds it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What a step has failed with, until it is tried again; ``lasting``: do not count on that."""

    reason: str
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything seen of one environment in one look.

    ``busy`` holds the replicas with a step in flight, taken before looking; ``away`` says why a
    runtime cannot be asked, ``stale`` why what it has said may be old; ``prepared`` is the
    fingerprint of what a runtime has prepared;
    ``ports`` maps a replica that does not run to the port that keeps it from starting;
    ``unread`` are the services whose files nobody has looked at yet, though what changes is to
    reach them;
    ``said`` is what a step in flight has last said of its progress;
    ``failures`` are those of steps, by replica, or by runtime for what that had to prepare.
    """

    units: Mapping[ReplicaId, Unit] = field(default_factory=dict)
    busy: Mapping[ReplicaId, str] = field(default_factory=dict)
    preparing: frozenset[str] = frozenset()
    prepared: Mapping[str, str] = field(default_factory=dict)
    away: Mapping[str, str] = field(default_factory=dict)
    stale: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[ReplicaId, BusyPort] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    said: Mapping[ReplicaId, str] = field(default_factory=dict)
    failures: Mapping[ReplicaId | str, Failure] = field(default_factory=dict)
