"""The dry run: the planner asked again and again, on a world where every step goes well."""

from __future__ import annotations

from dataclasses import replace

from devenv.model.environment import Desired
from devenv.model.plan import Pause, Plan, Prepare, Remove, Start, Step, StopUnit
from devenv.model.service import Condition, Kind, Service
from devenv.model.unit import Exit, Health, Observed, Unit
from devenv.planning.plan import plan
from devenv.planning.text import line

MAX_ROUNDS = 1000
"""More than the longest chain of dependencies that is meant to be."""

Rounds = tuple[tuple[str, ...], ...]


def forecast(desired: Desired, observed: Observed, now: float) -> Rounds:
    """List the rounds of steps that lie ahead, as lines; the last round is of what stays held."""
    rounds: list[tuple[str, ...]] = []
    imagined = replace(observed, busy={}, preparing=frozenset())
    decided = Plan()
    for _ in range(MAX_ROUNDS):
        now += 1.0
        imagined = _judged(imagined, desired, now)
        decided = plan(desired, imagined, now)
        if not decided.steps:
            break
        rounds.append(tuple(line(step) for step in decided.steps))
        for step in decided.steps:
            imagined = _done(imagined, desired, step, now)
    held = tuple(line(hold) for hold in decided.holds)
    return (*rounds, held) if held else tuple(rounds)


def _done(observed: Observed, desired: Desired, step: Step, now: float) -> Observed:
    """The world after a step that went well."""
    match step:
        case Prepare(runtime):
            prepared = {**observed.prepared, runtime: desired.preparation[runtime]}
            return replace(observed, prepared=prepared)
        case Start(replica, runtime, _, attempt, restarts):
            unit = Unit(
                replica.id,
                runtime,
                replica.fingerprint,
                generation=replica.generation,
                attempt=attempt,
                restarts=restarts,
                started=now,
            )
            return replace(observed, units={**observed.units, unit.id: unit})
        case StopUnit(unit):
            ended = replace(unit, exit=Exit(0, now, requested=True), lingering=False)
            return replace(observed, units={**observed.units, unit.id: ended})
        case Pause(unit, paused):
            held = replace(unit, paused=paused)
            return replace(observed, units={**observed.units, unit.id: held})
        case Remove(unit):
            kept = {key: other for key, other in observed.units.items() if key != unit.id}
            return replace(observed, units=kept)


def _judged(observed: Observed, desired: Desired, now: float) -> Observed:
    """Let every probe pass, and every task that something waits for end well."""
    units = dict(observed.units)
    for name, wanted in desired.services.items():
        for replica in wanted.replicas:
            unit = units.get(replica.id)
            if unit is not None and unit.exit is None and now > unit.started:
                units[replica.id] = _gone_well(wanted.service, unit, now, name in _awaited(desired))
    return replace(observed, units=units)


def _gone_well(service: Service, unit: Unit, now: float, awaited: bool) -> Unit:
    if service.kind is Kind.TASK or awaited:
        return replace(unit, exit=Exit(min(service.success_exit_codes, default=0), now))
    return replace(unit, health=Health.PASSING) if service.probe else unit


def _awaited(desired: Desired) -> frozenset[str]:
    """Name the services whose end somebody waits for."""
    return frozenset(
        dependency.service
        for wanted in desired.services.values()
        for dependency in wanted.service.depends_on
        if dependency.condition is Condition.COMPLETED
    )
