"""Readiness as a state machine: when to try next, and what a try means. Pure.

The next try comes after a share of the time waited so far, so that a quick service is seen at
once and a slow one costs little; a service that is ready is looked at every ``interval``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from devenv.model.service import ExecCheck, Probe
from devenv.model.unit import Health

SHARE = 0.02
"""What a chain of services loses is half of it for each link; a connection costs 0.1 ms."""
SHORTEST = 0.005
SHARE_EXEC = 0.05
SHORTEST_EXEC = 0.020
LONGEST = 0.250


@dataclass(frozen=True, slots=True)
class Probing:
    """What is known of one unit's readiness. Times are boottime; ``failures`` in a row count."""

    started: float
    tried: float | None = None
    counted: float | None = None
    failures: int = 0
    health: Health = Health.UNKNOWN
    detail: str = ""


def next_try(probing: Probing, probe: Probe, now: float) -> float:
    """Return the boottime of the next try."""
    if probing.tried is None:
        return now
    if probing.health in {Health.PASSING, Health.UNHEALTHY}:
        return probing.tried + probe.interval
    waited = probing.tried - probing.started
    if isinstance(probe.check, ExecCheck):
        pause = max(SHARE_EXEC * waited, SHORTEST_EXEC)
    else:
        pause = max(SHARE * waited, SHORTEST)
    return probing.tried + min(pause, LONGEST, probe.interval)


def judge(probing: Probing, probe: Probe, passed: bool, detail: str, now: float) -> Probing:
    """Take in a try. Failures count as Compose counts them.

    A failure counts only ``interval`` after the last one that counted, and after
    ``start_period``: early tries never use up ``retries``.
    """
    tried = replace(probing, tried=now, detail=detail)
    if passed:
        return replace(tried, health=Health.PASSING, failures=0, counted=None, detail="")
    if not _counts(probing, probe, now):
        return replace(tried, health=_failing(probing.health))
    failures = probing.failures + 1
    health = Health.UNHEALTHY if failures >= probe.retries else _failing(probing.health)
    return replace(tried, health=health, failures=failures, counted=now)


def _counts(probing: Probing, probe: Probe, now: float) -> bool:
    if probing.health is Health.PASSING:
        return True
    since = probing.started if probing.counted is None else probing.counted
    return now >= since + probe.interval and now >= probing.started + probe.start_period


def _failing(health: Health) -> Health:
    return Health.FAILING if health is Health.PASSING else health
