"""One container as the engine describes it, and the unit that it is. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any

from devenv.model.environment import EnvironmentId, ReplicaId
from devenv.model.unit import Exit, Health, Unit
from devenv.runtimes.docker import names
from devenv.runtimes.docker.records import Record

HEALTH = {
    "starting": Health.UNKNOWN,
    "healthy": Health.PASSING,
    "unhealthy": Health.UNHEALTHY,
}
_WITHOUT_NETWORKS = {
    "", "bridge", "container", "default", "host", "none", "pasta", "private", "slirp4netns",
}  # fmt: skip
"""Modes in which a container has no network that somebody has made."""
RETRIES = 3
"""How many failures in a row make unhealthy, unless it is written."""
NEVER = "0001-01-01"
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")

_UP = re.compile(
    r"Up (?:(?P<number>\d+)|About an?|Less than a) "
    r"(?P<unit>second|minute|hour|day|week|month|year)s?\b"
)
_UNITS = {
    "second": 1.0,
    "minute": 60.0,
    "hour": 3600.0,
    "day": 86_400.0,
    "week": 7 * 86_400.0,
    "month": 30 * 86_400.0,
    "year": 365 * 86_400.0,
}


@dataclass(frozen=True, slots=True)
class Row:
    """A container of ours. Times are seconds since the epoch, by the engine's clock; 0: never."""

    container: str
    environment: EnvironmentId
    replica: ReplicaId
    fingerprint: str
    generation: int
    status: str
    """created, running, paused, restarting, removing, exited or dead."""
    network_of: str = ""
    """The container whose network it has."""
    image: str = ""
    image_name: str = ""
    tty: bool = False
    stdin_open: bool = False
    pid: int | None = None
    created: float = 0.0
    started: float = 0.0
    finished: float = 0.0
    exit_code: int = 0
    out_of_memory: bool = False
    error: str = ""
    health: Health = Health.NONE
    detail: str = ""

    @property
    def is_alive(self) -> bool:
        return self.status in {"running", "paused", "restarting"}

    @property
    def was_started(self) -> bool:
        return self.started > 0 or bool(self.error)


def row_of(inspected: Mapping[str, Any]) -> Row | None:
    """Read what ``GET /containers/ID/json`` answers; None: it is not ours."""
    config, state = inspected["Config"], inspected["State"]
    labels = config.get("Labels") or {}
    whose = names.replica_of(labels)
    if whose is None:
        return None
    health = state.get("Health") or {}
    return Row(
        container=inspected["Id"],
        environment=whose[0],
        replica=whose[1],
        fingerprint="" if _is_cut_off(inspected) else labels.get(names.FINGERPRINT, ""),
        generation=int(labels.get(names.GENERATION) or 0),
        status=state["Status"],
        network_of=_other(inspected),
        image=inspected.get("Image") or "",
        image_name=config.get("Image") or "",
        tty=bool(config.get("Tty")),
        stdin_open=bool(config.get("OpenStdin")),
        pid=state.get("Pid") or None,
        created=epoch(inspected.get("Created")),
        started=epoch(state.get("StartedAt")),
        finished=epoch(state.get("FinishedAt")),
        exit_code=int(state.get("ExitCode") or 0),
        out_of_memory=bool(state.get("OOMKilled")),
        error=state.get("Error") or "",
        health=_health(health, config.get("Healthcheck") or {}),
        detail=_last_output(health),
    )


def _is_cut_off(inspected: Mapping[str, Any]) -> bool:
    """Whether somebody has taken it out of all its networks: it is not what was made any more."""
    mode = str((inspected.get("HostConfig") or {}).get("NetworkMode") or "")
    networks = (inspected.get("NetworkSettings") or {}).get("Networks")
    return networks == {} and mode.partition(":")[0] not in _WITHOUT_NETWORKS


def _health(state: Mapping[str, Any], check: Mapping[str, Any]) -> Health:
    """What the engine's own check has found.

    One whose checks were suspended by a pause is called unhealthy until the next one passes: with
    fewer failures than that takes.
    """
    found = HEALTH.get(state.get("Status") or "", Health.NONE)
    failures = int(state.get("FailingStreak") or 0)
    if found is Health.UNHEALTHY and failures < (check.get("Retries") or RETRIES):
        return Health.UNKNOWN
    return found


def _other(inspected: Mapping[str, Any]) -> str:
    mode = str((inspected.get("HostConfig") or {}).get("NetworkMode") or "")
    return mode.removeprefix("container:") if mode.startswith("container:") else ""


@dataclass(frozen=True, slots=True)
class Owner:
    """The container whose network an environment shares, and the ports of this machine it has."""

    container: str
    environment: EnvironmentId
    ports: frozenset[int]


def owner_of(inspected: Mapping[str, Any]) -> Owner | None:
    """Read what ``GET /containers/ID/json`` answers; None: it is none of those."""
    labels = inspected["Config"].get("Labels") or {}
    if labels.get(names.ONE_OFF) != names.NETWORK:
        return None
    published = (inspected["HostConfig"].get("PortBindings") or {}).values()
    ports = frozenset(int(one["HostPort"]) for many in published for one in many if one["HostPort"])
    return Owner(inspected["Id"], EnvironmentId(labels.get(names.ENVIRONMENT, "")), ports)


def unit_of(row: Row, record: Record, boot: float) -> Unit:
    """The unit of a container; ``boot`` is the epoch's second at which this machine started."""
    return Unit(
        id=row.replica,
        runtime="docker",
        fingerprint="" if record.unfinished else row.fingerprint,
        generation=record.generation,
        attempt=record.attempt,
        restarts=record.restarts,
        started=row.started - boot if row.started else 0.0,
        pid=row.pid,
        exit=None if row.is_alive else _exit(row, record, boot),
        paused=row.status == "paused",
        health=row.health if row.is_alive else Health.NONE,
        detail=row.detail,
        speaks_since=max(row.created, row.finished) - boot if row.is_alive else None,
    )


def _exit(row: Row, record: Record, boot: float) -> Exit:
    requested = bool(record.stopped) and record.stopped >= row.started
    return Exit(
        row.exit_code,
        (row.finished or row.started) - boot,
        requested=requested,
        out_of_memory=row.out_of_memory,
        why=row.error,
    )


def _last_output(health: Mapping[str, Any]) -> str:
    log = health.get("Log") or []
    return str(log[-1].get("Output") or "").strip()[:200] if log else ""


def longest_up(status: str) -> float:
    """How many seconds a container is up at the most, by the words of ``GET /containers/json``.

    They are rounded down: `Up 5 seconds`, `Up About a minute`, `Up 2 hours`. Of others: for ever.
    """
    match = _UP.match(status)
    if match is None:
        return inf
    return (int(match["number"] or 1) + 1) * _UNITS[match["unit"]]


def epoch(text: str | None) -> float:
    """Seconds since the epoch of a time as the engine writes it (RFC 3339); 0.0 for never."""
    match = _TIME.fullmatch(text or "")
    if match is None or text is None or text.startswith(NEVER):
        return 0.0
    zone = "+00:00" if match[3] == "Z" else match[3]
    whole = datetime.fromisoformat(match[1] + zone).timestamp()
    return whole + float(f"0.{match[2] or 0}")
