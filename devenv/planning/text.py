"""Steps and holds as lines that people read: in plans, dry runs, the cause chain and tests."""

from __future__ import annotations

from typing import assert_never

from devenv.model.plan import Hold, Pause, Plan, Prepare, Remove, Start, Step, StopUnit

_PREPARED = {
    "process": "the keeper of host processes",
    "docker": "networks and volumes of containers",
    "kubernetes": "the namespace",
}


def prepared(runtime: str) -> str:
    """What a runtime makes before it starts anything."""
    return _PREPARED.get(runtime, runtime)


def line(decided: Step | Hold) -> str:
    """Say a step or a hold in one line."""
    match decided:
        case Prepare(runtime, cause):
            return f"prepare {prepared(runtime)}: {cause}"
        case Start(replica, _, cause, attempt):
            again = f" (try {attempt + 1})" if attempt else ""
            return f"start {replica.id}{again}: {cause}"
        case StopUnit(unit, signal, grace, cause):
            return f"stop {unit.id} by {signal} within {grace:g} s: {cause}"
        case Pause(unit, paused, cause):
            return f"{'pause' if paused else 'resume'} {unit.id}: {cause}"
        case Remove(unit, cause):
            return f"remove {unit.id}: {cause}"
        case Hold(replica, kind, reason):
            return f"hold {replica}, {kind.value}: {reason}"
        case _:
            assert_never(decided)


def lines(plan: Plan) -> tuple[str, ...]:
    """Say a whole plan: its steps, then its holds."""
    return tuple(line(decided) for decided in (*plan.steps, *plan.holds))
