"""What follows from the end of a unit: nothing, another start after a back-off, or giving up."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from devenv.model.environment import EnvironmentId
from devenv.model.service import RestartPolicy, Service
from devenv.model.state import HEALTHY_TIME
from devenv.model.unit import Exit, Health, Unit

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
JITTER = 0.2


class Fate(StrEnum):
    """What becomes of a unit."""

    RUNS = "runs"
    DONE = "done"
    FAILED = "failed"
    GAVE_UP = "gave up"
    AGAIN = "again"
    """Is started again at ``Verdict.at``."""
    STOPPED = "stopped"
    """We ended it, and it may be started again at once."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``at``: boottime of the next start; ``attempt``: what that start is to carry."""

    fate: Fate
    at: float = 0.0
    attempt: int = 0


def verdict(environment: EnvironmentId, service: Service, unit: Unit) -> Verdict:
    """Judge a unit by its service's policy. The unit itself holds all the history there is."""
    ended = unit.exit
    if ended is None or unit.lingering:
        return Verdict(Fate.RUNS)
    unhealthy = unit.health is Health.UNHEALTHY
    if ended.requested and not unhealthy:
        return Verdict(Fate.STOPPED)
    failed = unhealthy or ended.code not in service.success_exit_codes
    if _never_ran(unit, ended) or not _starts_again(service.restart.policy, failed):
        return Verdict(Fate.FAILED if failed else Fate.DONE)
    tried = attempts(unit, ended)
    if failed and tried >= service.restart.limit:
        return Verdict(Fate.GAVE_UP)
    return Verdict(Fate.AGAIN, ended.at + delay(environment, unit, tried), tried + 1)


def attempts(unit: Unit, ended: Exit) -> int:
    """Count the failures in a row before this end; a time of health wipes them out."""
    return 0 if ended.at - unit.started >= HEALTHY_TIME else unit.attempt


def delay(environment: EnvironmentId, unit: Unit, tried: int) -> float:
    """Seconds to wait: twice as long each time, spread so that units do not start in step."""
    seed = f"{environment}/{unit.id}/{tried}".encode()
    spread = int.from_bytes(hashlib.sha256(seed).digest()[:4], "big") / 2**32
    base = min(FIRST_DELAY * 2.0 ** min(tried, 16), LONGEST_DELAY)
    return base * (1 - JITTER + 2 * JITTER * spread)


def _never_ran(unit: Unit, ended: Exit) -> bool:
    """Whether even its first start was refused: nobody gains by another one, and it is told."""
    first = not unit.attempt and not unit.restarts
    return first and bool(ended.why) and ended.at <= unit.started


def _starts_again(policy: RestartPolicy, failed: bool) -> bool:
    match policy:
        case RestartPolicy.NO:
            return False
        case RestartPolicy.ON_FAILURE:
            return failed
        case RestartPolicy.ALWAYS | RestartPolicy.UNLESS_STOPPED:
            return True
