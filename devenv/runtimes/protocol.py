"""The contract of a runtime. tests/runtimes/test_conformance.py holds every runtime to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Flag, auto
from typing import Any, NamedTuple, Protocol

from devenv.model.environment import EnvironmentId, ReplicaId, Resources
from devenv.model.plan import Start, StopUnit
from devenv.model.preview import Preview
from devenv.model.service import Port
from devenv.model.unit import Unit

Report = Callable[[str], None]
"""Takes one line about the progress of a long step."""


class Capability(Flag):
    """What a runtime can do beyond starting and stopping; data for the planner."""

    NONE = 0
    EXEC = auto()
    ATTACH = auto()
    PAUSE = auto()
    OUTLIVES_DAEMON = auto()
    SUPERVISES = auto()
    """It restarts what ends, and keeps the number of replicas: a service is one unit of it."""
    LOGS = auto()
    """Its logs are asked for and written by the daemon."""


@dataclass(frozen=True, slots=True)
class Client:
    """The circumstances of the one who asked: processes get these, never the daemon's own."""

    directory: str
    umask: int = 0o022
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a runtime needs before it starts anything of an environment.

    ``memory`` is opaque: a runtime that outlives the daemon gives it back when it is adopted; it
    may hold secrets and never reaches a disk. ``log_quota``: bytes of all logs together.
    ``builds``: the definitions of the services whose images are built; ``images``: what these
    are called, for a runtime that has them from a registry or loaded; ``digests``: what others are
    pinned to there, by their names ("": to nothing);
    ``ports``: those of the replicas that share a network, with their numbers; ``hosts``: names
    that these have beside those of their services. ``preview`` says where it is, if it is in a
    cluster. ``replacing``: volumes that may be made anew though their data is lost.
    """

    fingerprint: str
    client: Client
    memory: bytes = b""
    log_quota: int = 2 * 1024 * 1024 * 1024
    resources: Resources = field(default_factory=Resources)
    builds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[ReplicaId, tuple[Port, ...]] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    preview: Preview | None = None
    replacing: frozenset[str] = frozenset()
    digests: Mapping[str, str] = field(default_factory=dict)


Publish = Callable[[EnvironmentId, str, Preparation, Report], Awaitable[str]]
"""Has the image of a service where its cluster can have it, built if need be; gives its name.

In a registry that is one with a digest."""


@dataclass(frozen=True, slots=True)
class Login:
    """What somebody is known by to a registry, which is called as in the names of images."""

    registry: str
    user: str
    password: str = field(repr=False)


Program = Callable[[str, Preparation, Report], Awaitable[tuple[list[str], list[str]]]]
"""What an image runs: its entrypoint and its command. Raises DevenvError: nobody can say it."""
Access = Callable[[str, Client], Awaitable[Login | None]]
"""The user's log-in to an image's registry; None where that asks for none, or they have none.

Raises DevenvError: it cannot be had."""


@dataclass(frozen=True, slots=True)
class Sources:
    """How images are had for a cluster, by whoever has an engine."""

    publish: Publish
    program: Program
    access: Access


@dataclass(frozen=True, slots=True)
class Look:
    """What one runtime sees of one environment; ``away`` says why it cannot look.

    ``stale`` says why what it sees may be old. ``lost`` says, once, that everything it held has
    ended without anybody wanting it. ``ports`` are those that it holds for units, also for those
    that do not run yet.
    """

    units: Mapping[ReplicaId, Unit] = field(default_factory=dict)
    prepared: str = ""
    away: str = ""
    stale: str = ""
    lost: str = ""
    ports: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Sample:
    """Resources of a unit's whole process tree; ``ports`` are those it listens on."""

    cpu_seconds: float
    memory_bytes: int
    ports: tuple[int, ...] = ()


class Chunk(NamedTuple):
    """Bytes of whole lines. ``stream`` is that of the log store; the time is nanoseconds."""

    stream: int
    time: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Command:
    """A command within a unit. "" and empty: as the unit itself has it.

    ``size`` of its terminal: columns and rows.
    """

    words: tuple[str, ...]
    takes_input: bool = False
    tty: bool = False
    size: tuple[int, int] | None = None
    user: str = ""
    directory: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    privileged: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended. ``code`` as a shell says it; None: it did not end, or did not run.

    ``complaint``: its standard error, where that was asked for apart.
    """

    code: int | None
    output: str
    complaint: str = ""


class Runtime(Protocol):
    """Addressed by environment and replica, never by a handle kept in memory.

    ``start`` and ``stop`` are idempotent: to start what runs as asked and to stop what is absent
    succeed. They raise DevenvError for what the user can mend.
    """

    name: str
    capabilities: Capability

    async def observe(self, environment: EnvironmentId) -> Look: ...

    def changes(self) -> AsyncIterator[EnvironmentId]:
        """Yield an environment whenever it is worth another look; a lost hint is harmless."""
        ...

    async def prepare(
        self, environment: EnvironmentId, preparation: Preparation, report: Report
    ) -> None: ...

    async def start(self, environment: EnvironmentId, step: Start, report: Report) -> None: ...

    async def stop(self, environment: EnvironmentId, step: StopUnit, report: Report) -> None:
        """Return when nothing of the unit is alive; it stays listed as ended.

        ``report`` is told what went wrong on the way, and kept nothing from ending.
        """
        ...

    async def pause(self, environment: EnvironmentId, replica: ReplicaId, *, paused: bool) -> None:
        """Freeze a unit where it stands, or let it go on; only with Capability.PAUSE."""
        ...

    async def remove(self, environment: EnvironmentId, replica: ReplicaId) -> None: ...

    async def discard(self, environment: EnvironmentId, *, data: bool) -> None:
        """Leave nothing of the environment in this runtime but its ``data``, unless that goes too.

        Logs stay.
        """
        ...

    async def samples(self, environment: EnvironmentId) -> Mapping[ReplicaId, Sample]: ...
