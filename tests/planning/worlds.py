"""Small worlds for the planner's tests: what is wanted, and what is seen, in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from devenv.model.environment import Desired, EnvironmentId, Replica, ReplicaId, Wanted
from devenv.model.origin import Origin
from devenv.model.service import (
    Condition,
    Dependency,
    Kind,
    Probe,
    Process,
    Restart,
    RestartPolicy,
    Service,
    TcpCheck,
)
from devenv.model.unit import BusyPort, Exit, Health, Observed, Unit
from devenv.planning.plan import plan
from devenv.planning.text import lines

NOW = 1000.0
ENVIRONMENT = EnvironmentId("shop-12345678")


def service(name: str, *needs: str, **fields: Any) -> Service:
    """Make a service. ``needs`` are ``db`` (started), ``db:ready``, ``db:done``, with a ``?`` for
    a soft one and a ``!`` for one whose restart restarts it."""
    made = Service(
        name,
        Origin("p"),
        process=Process((name,), "/"),
        depends_on=tuple(_dependency(need) for need in needs),
    )
    return replace(made, **fields)


def probed(name: str, *needs: str, **fields: Any) -> Service:
    return service(name, *needs, probe=Probe(TcpCheck("1")), **fields)


def task(name: str, *needs: str, **fields: Any) -> Service:
    return service(name, *needs, kind=Kind.TASK, automatic=False, **fields)


def always(limit: int = 10) -> Restart:
    return Restart(RestartPolicy.ALWAYS, limit)


def on_failure(limit: int = 10) -> Restart:
    return Restart(RestartPolicy.ON_FAILURE, limit)


def want(
    *services: Service,
    stopped: tuple[str, ...] = (),
    replicas: Mapping[str, int] | None = None,
    generations: Mapping[str, int] | None = None,
    prints: Mapping[str, str] | None = None,
    runtime: str = "process",
) -> Desired:
    """Want all of ``services``, but for those that are ``stopped``."""
    counts, raised, edited = replicas or {}, generations or {}, prints or {}

    def wanted(one: Service) -> Wanted:
        count = 0 if one.name in stopped else counts.get(one.name, 1)
        made = tuple(
            Replica(one, index, edited.get(one.name, "a"), raised.get(one.name, 0))
            for index in range(count)
        )
        return Wanted(one, runtime, made)

    return Desired(ENVIRONMENT, {one.name: wanted(one) for one in services}, {runtime: "p"})


def up(name: str, index: int = 0, **fields: Any) -> Unit:
    """See a unit that has run for 100 seconds."""
    made = Unit(ReplicaId(name, index), "process", "a", started=NOW - 100.0, pid=1)
    return replace(made, **fields)


def ready(name: str, **fields: Any) -> Unit:
    return up(name, health=Health.PASSING, **fields)


def ended(name: str, code: int, *, ago: float = 60.0, ran: float = 1.0, **fields: Any) -> Unit:
    """See a unit that ended ``ago`` seconds ago, having run for ``ran``."""
    requested = bool(fields.pop("requested", False))
    at = NOW - ago
    return up(name, started=at - ran, exit=Exit(code, at, requested), **fields)


def see(*units: Unit, prepared: str = "p", **fields: Any) -> Observed:
    seen = Observed({unit.id: unit for unit in units}, prepared={"process": prepared})
    return replace(seen, **fields)


def taken(name: str, port: int, holder: str) -> Mapping[ReplicaId, BusyPort]:
    return {ReplicaId(name): BusyPort(port, holder)}


def planned(desired: Desired, observed: Observed, now: float = NOW) -> list[str]:
    """The plan as text: steps, then holds."""
    return list(lines(plan(desired, observed, now)))


def _dependency(need: str) -> Dependency:
    name, _, goal = need.rstrip("?!").partition(":")
    condition = {
        "": Condition.STARTED,
        "ready": Condition.HEALTHY,
        "done": Condition.COMPLETED,
    }[goal]
    return Dependency(name, condition, required="?" not in need, restart="!" in need)
