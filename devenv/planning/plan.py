"""The heart: what is desired and what is observed, into steps to take and holds that say why not.

Steps of one plan are independent, at most one for each replica; what must wait is held, and
appears as a step in a later round. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from devenv.model.environment import Desired, Replica, ReplicaId, Wanted
from devenv.model.plan import Hold, HoldKind, Pause, Plan, Prepare, Remove, Start, Step, StopUnit
from devenv.model.service import RestartPolicy, Stop
from devenv.model.unit import Health, Observed, Unit
from devenv.planning.capabilities import ENDING_AT_ONCE
from devenv.planning.scene import Scene, Standing, find_replica
from devenv.planning.supervise import Fate
from devenv.planning.text import prepared

Decision = Step | Hold | None


def plan(desired: Desired, observed: Observed, now: float) -> Plan:
    """Compare and decide. Times are seconds of CLOCK_BOOTTIME; cost grows with the services."""
    scene = Scene(desired, observed)
    decisions = [*_preparations(scene), *_wanted(scene, now), *_unwanted(scene)]
    steps = tuple(made for made in decisions if isinstance(made, Step))
    holds = tuple(made for made in decisions if isinstance(made, Hold))
    wake_at = min((hold.until for hold in holds if hold.until is not None), default=None)
    return Plan(steps, holds, wake_at)


def ends_at_once(decided: Plan, observed: Observed) -> bool:
    """Tell whether all that is left may end together: nothing has to wait for another's end."""
    waits = any(hold.kind is HoldKind.DEPENDANTS for hold in decided.holds)
    return not waits and all(one.runtime in ENDING_AT_ONCE for one in observed.units.values())


def _preparations(scene: Scene) -> Iterator[Prepare]:
    observed = scene.observed
    for runtime, fingerprint in scene.desired.preparation.items():
        prepared = observed.prepared.get(runtime)
        if prepared != fingerprint and runtime not in _unable(observed):
            cause = "its client's circumstances have changed" if prepared else "needed"
            yield Prepare(runtime, cause)


def _unable(observed: Observed) -> set[object]:
    """The runtimes that cannot prepare anything now."""
    return {*observed.preparing, *observed.away, *observed.failures}


def _wanted(scene: Scene, now: float) -> Iterator[Decision]:
    for wanted in scene.desired.services.values():
        for replica in wanted.replicas:
            hindered = _hindered(scene.observed, replica.id, wanted.runtime)
            yield hindered or _replica(scene, wanted, replica, now)


def _hindered(observed: Observed, key: ReplicaId, runtime: str) -> Hold | None:
    """What keeps a replica from being judged at all now."""
    verb = observed.busy.get(key)
    if verb is not None:
        return Hold(key, HoldKind.BUSY, f"is {verb}")
    if runtime in observed.away:
        return Hold(key, HoldKind.RUNTIME_AWAY, f"{runtime}: {observed.away[runtime]}")
    failure = observed.failures.get(key) or observed.failures.get(runtime)
    if failure is None:
        return None
    kind = HoldKind.FAILING if failure.lasting else HoldKind.RETRYING
    return Hold(key, kind, f"{runtime}: {failure.reason}")


def _unwanted(scene: Scene) -> Iterator[Decision]:
    for key, unit in scene.observed.units.items():
        if find_replica(scene.desired.services.get(key.service), key) is not None:
            continue
        hindered = _hindered(scene.observed, key, unit.runtime)
        if hindered is not None:
            yield hindered
        elif unit.exit is not None and not unit.lingering:
            yield Remove(unit, "it has ended and is not wanted")
        else:
            yield _stop_in_order(scene, unit, "it is not wanted")


def _replica(scene: Scene, wanted: Wanted, replica: Replica, now: float) -> Decision:
    """Decide for one replica that is wanted and has no step in flight."""
    unit = scene.observed.units.get(replica.id)
    if unit is None:
        return _start(scene, wanted, replica, "it is wanted")
    stale = scene.stale(wanted, replica, unit)
    if unit.exit is None or unit.lingering:
        if stale and scene.rolls(wanted, replica, unit):
            return _start(scene, wanted, replica, stale)
        return _running(scene, unit, stale, replica)
    if unit.runtime != wanted.runtime:
        return Remove(unit, stale)
    if stale:
        return _start(scene, wanted, replica, stale)
    return _ended(scene, wanted, replica, unit, now)


def _running(scene: Scene, unit: Unit, stale: str, replica: Replica) -> Decision:
    if unit.exit is not None:
        return _stop(scene, unit, "it has ended, but processes of it are alive")
    if stale:
        return _stop_in_order(scene, unit, stale)
    if unit.stopping:
        return _stop(scene, unit, "it was being stopped")
    if unit.paused != replica.paused:
        return Pause(unit, replica.paused, "it was asked for")
    policy = replica.service.restart.policy
    if unit.health is Health.UNHEALTHY and not unit.paused and policy is not RestartPolicy.NO:
        return _stop(scene, unit, f"it is unhealthy: {unit.detail}")
    return None


def _ended(scene: Scene, wanted: Wanted, replica: Replica, unit: Unit, now: float) -> Decision:
    assert unit.exit is not None
    verdict = scene.verdict(replica.service, unit)
    how = unit.exit.words
    if verdict.fate is Fate.STOPPED:
        return _start(scene, wanted, replica, "it is wanted again")
    if verdict.fate is Fate.GAVE_UP:
        failures = unit.attempt + 1
        reason = f"was given up after {failures} failures in a row, {how} the last"
        return Hold(replica.id, HoldKind.GAVE_UP, reason)
    if verdict.fate is not Fate.AGAIN:
        return None
    if now < verdict.at:
        wait = f"{verdict.at - unit.exit.at:.1f} s"
        reason = f"ended with {how}, starts again after {wait}"
        return Hold(replica.id, HoldKind.BACKING_OFF, reason, until=verdict.at)
    cause = f"it ended with {how}"
    made = _start(scene, wanted, replica, cause)
    if not isinstance(made, Start):
        return made
    return Start(replica, wanted.runtime, cause, verdict.attempt, unit.restarts + 1)


def _start(scene: Scene, wanted: Wanted, replica: Replica, cause: str) -> Start | Hold:
    return (
        _held_by_dependency(scene, replica)
        or _held_by_port(scene, replica)
        or _held_by_preparation(scene, wanted, replica)
        or _held_by_files(scene, replica)
        or Start(replica, wanted.runtime, cause)
    )


def _held_by_dependency(scene: Scene, replica: Replica) -> Hold | None:
    waits: list[str] = []
    reasons: list[str] = []
    for dependency in replica.service.depends_on:
        standing, reason = scene.standing(dependency)
        if standing is Standing.LOST and dependency.required:
            on = (dependency.service,)
            return Hold(replica.id, HoldKind.DEPENDENCY_FAILED, f"cannot start: {reason}", on)
        if standing is Standing.COMING:
            waits.append(dependency.service)
            reasons.append(reason)
    if not waits:
        return None
    return Hold(replica.id, HoldKind.DEPENDENCY, ", ".join(reasons), tuple(waits))


def _held_by_port(scene: Scene, replica: Replica) -> Hold | None:
    busy = scene.observed.ports.get(replica.id)
    if busy is None:
        return None
    way = "make the port `auto`" if replica.service.process else "publish another port"
    reason = f"port {busy.port} is taken by {busy.holder}: end that, or {way}"
    return Hold(replica.id, HoldKind.PORT, reason)


def _held_by_preparation(scene: Scene, wanted: Wanted, replica: Replica) -> Hold | None:
    runtime = wanted.runtime
    fingerprint = scene.desired.preparation.get(runtime, "")
    if runtime not in scene.observed.preparing and (
        scene.observed.prepared.get(runtime, "") == fingerprint
    ):
        return None
    return Hold(replica.id, HoldKind.PREPARING, f"waits for {prepared(runtime)}")


def _held_by_files(scene: Scene, replica: Replica) -> Hold | None:
    if replica.id.service not in scene.observed.unread:
        return None
    return Hold(replica.id, HoldKind.PREPARING, "waits until its files have been looked at")


def _stop_in_order(scene: Scene, unit: Unit, cause: str) -> StopUnit | Hold:
    """Stop a unit once those that depend on it, and are to stop too, have stopped."""
    first = sorted(scene.dependants_that_stop(unit.id.service))
    if first:
        reason = f"is stopped after {', '.join(first)}: {cause}"
        return Hold(unit.id, HoldKind.DEPENDANTS, reason, tuple(first))
    return _stop(scene, unit, cause)


def _stop(scene: Scene, unit: Unit, cause: str) -> StopUnit:
    wanted = scene.desired.services.get(unit.id.service)
    if wanted is None:
        return StopUnit(unit, Stop().signal, Stop().grace, cause)
    stop, container = wanted.service.stop, wanted.service.container
    hooks = container.definition.get("pre_stop") if container else None
    return StopUnit(unit, stop.signal, stop.grace, cause, tuple(hooks or ()))
