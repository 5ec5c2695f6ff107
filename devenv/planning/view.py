"""The round as front ends see it: a pure view, so that it cannot drift from what is true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from devenv.model.environment import Desired, Replica, ReplicaId, Wanted
from devenv.model.plan import Hold, HoldKind, Plan, Prepare, Start, Step, StopUnit
from devenv.model.service import Kind, RestartPolicy, Service
from devenv.model.snapshot import PortView, ReplicaView, ServiceView, Snapshot
from devenv.model.state import State
from devenv.model.unit import Health, Observed, Unit
from devenv.planning.capabilities import PROCESS
from devenv.planning.scene import Scene
from devenv.planning.supervise import Fate

_LEAST_ADVANCED = (
    State.FAILED,
    State.STOPPING,
    State.WAITING,
    State.STARTING,
    State.RUNNING,
    State.PAUSED,
    State.READY,
    State.SCHEDULED,
    State.DONE,
    State.STOPPED,
    State.SKIPPED,
)
_SETTLED = {State.READY, State.PAUSED, State.DONE, State.FAILED, State.STOPPED, State.SKIPPED}


@dataclass(frozen=True, slots=True)
class _Round:
    scene: Scene
    steps: Mapping[ReplicaId, Step]
    holds: Mapping[ReplicaId, Hold]
    units: Mapping[str, list[Unit]]


def snapshot(desired: Desired, observed: Observed, plan: Plan) -> Snapshot:
    """Make the view of one round."""
    steps = {_key(step): step for step in plan.steps if not isinstance(step, Prepare)}
    holds = {hold.replica: hold for hold in plan.holds}
    units: dict[str, list[Unit]] = {}
    for key, unit in observed.units.items():
        units.setdefault(key.service, []).append(unit)
    seen = _Round(Scene(desired, observed), steps, holds, units)
    services = tuple(_service(seen, wanted) for wanted in desired.services.values())
    still = not any(hold.kind is HoldKind.RETRYING for hold in plan.holds)
    calm = still and not plan.steps and not observed.busy and not observed.preparing
    settled = calm and all(_is_settled(seen, service) for service in services)
    empty = calm and not observed.units
    return Snapshot(services, settled, empty)


def _key(step: Step) -> ReplicaId:
    assert not isinstance(step, Prepare)
    return step.replica.id if isinstance(step, Start) else step.unit.id


def _service(seen: _Round, wanted: Wanted) -> ServiceView:
    service = wanted.service
    views = (
        *(_wanted(seen, replica, wanted.runtime) for replica in wanted.replicas),
        *_leaving(seen, wanted),
    )
    least = min(views, key=lambda view: _LEAST_ADVANCED.index(view.state), default=None)
    holds = (seen.holds.get(ReplicaId(service.name, view.index)) for view in views)
    return ServiceView(
        name=service.name,
        kind=service.kind.value,
        state=least.state if least else _absent(service),
        runtime=wanted.runtime,
        reason=least.reason if least else "",
        waits_for=tuple(dict.fromkeys(name for hold in holds if hold for name in hold.on)),
        ports=_ports(service) if wanted.replicas else (),
        replicas=views,
        moved=wanted.moved if wanted.replicas else (),
        builds=_is_contained(wanted) and bool(service.definition.get("build")),
        attaches=_attaches(wanted),
    )


def _is_contained(wanted: Wanted) -> bool:
    """Tell whether it runs from its container's definition; a service may be written both ways."""
    return wanted.runtime != PROCESS and wanted.service.container is not None


def _attaches(wanted: Wanted) -> bool:
    process = wanted.service.process
    if _is_contained(wanted) or process is None:
        definition = wanted.service.definition
        return bool(definition.get("tty") or definition.get("stdin_open"))
    return process.tty or process.stdin


def _absent(service: Service) -> State:
    """A task that nobody asked for is skipped; any other service is stopped."""
    return State.STOPPED if service.automatic or service.kind is Kind.SERVICE else State.SKIPPED


def _ports(service: Service) -> tuple[PortView, ...]:
    """The ports with a number; the first has the service's address."""
    numbered = [port for port in service.ports if isinstance(port.wanted, int)]
    return tuple(
        PortView(port.name, port.wanted, service.url if port is numbered[0] else "")
        for port in numbered
        if isinstance(port.wanted, int)
    )


def _leaving(seen: _Round, wanted: Wanted) -> Iterator[ReplicaView]:
    """The units that are not wanted; beside wanted ones, only until they are gone."""
    count = len(wanted.replicas)
    for unit in seen.units.get(wanted.service.name, ()):
        gone = unit.exit is not None and not unit.lingering
        if unit.id.index >= count and not (count and gone):
            yield _view(seen, unit, State.STOPPED if gone else State.STOPPING)


def _wanted(seen: _Round, replica: Replica, runtime: str) -> ReplicaView:
    unit = seen.scene.observed.units.get(replica.id)
    state = _in_motion(seen, replica) or _at_rest(seen, replica, unit)
    ports = _ports(replica.service)
    said = seen.scene.observed.said.get(replica.id, "") if state is State.STARTING else ""
    if unit is None:
        reason = said or _text(seen.holds.get(replica.id)) or _doubt(seen, runtime)
        return ReplicaView(replica.index, state, reason, ports=ports)
    return replace(_view(seen, unit, state, said), ports=ports)


def _doubt(seen: _Round, runtime: str) -> str:
    """Why what a runtime has said may be old; "" where it is not."""
    stale = seen.scene.observed.stale.get(runtime, "")
    return f"{runtime}: {stale}" if stale else ""


def _in_motion(seen: _Round, replica: Replica) -> State | None:
    step = seen.steps.get(replica.id)
    verb = seen.scene.observed.busy.get(replica.id)
    if isinstance(step, StopUnit) or verb == "stopping":
        return State.STOPPING
    return State.STARTING if step is not None or verb is not None else None


def _at_rest(seen: _Round, replica: Replica, unit: Unit | None) -> State:
    hold = seen.holds.get(replica.id)
    kind = hold.kind if hold else None
    if kind in {HoldKind.GAVE_UP, HoldKind.PORT, HoldKind.RUNTIME_AWAY, HoldKind.FAILING}:
        return State.FAILED
    if unit is None or kind is HoldKind.BACKING_OFF:
        return State.WAITING
    fate = seen.scene.verdict(replica.service, unit).fate
    if fate is Fate.RUNS:
        return _running(replica.service, unit)
    if fate is Fate.DONE and hold is None:
        return State.DONE
    return State.FAILED if fate is Fate.FAILED and hold is None else State.WAITING


def _running(service: Service, unit: Unit) -> State:
    if unit.paused:
        return State.PAUSED
    if service.kind is Kind.TASK:  # it is waited for to its end
        return State.RUNNING
    if unit.health is Health.PASSING or (unit.health is Health.NONE and service.probe is None):
        return State.READY
    return State.RUNNING


def _view(seen: _Round, unit: Unit, state: State, said: str = "") -> ReplicaView:
    ended = unit.exit is not None and not unit.lingering
    doubt = _doubt(seen, unit.runtime)
    known = (said or _reason(seen, unit, state), doubt and f"as last seen; {doubt}")
    return ReplicaView(
        index=unit.id.index,
        state=state,
        reason="; ".join(filter(None, known)),
        health=(Health.NONE if ended else unit.health).value,
        pid=None if ended else unit.pid,
        exit_code=unit.exit.code if unit.exit and ended else None,
        restarts=unit.restarts,
        started=None if ended else unit.started,
    )


def _reason(seen: _Round, unit: Unit, state: State) -> str:
    hold = seen.holds.get(unit.id)
    step = seen.steps.get(unit.id)
    if isinstance(step, Start | StopUnit):
        return step.cause
    if hold is not None and hold.kind is not HoldKind.BUSY:
        return hold.reason
    if state is State.FAILED and unit.exit is not None:
        return unit.exit.why or unit.exit.words
    if state in {State.STOPPING, State.STOPPED, State.DONE}:  # what its probe said is old
        return ""
    if unit.health in _HEALTH:
        said = f": {unit.detail}" if unit.detail else ""
        return f"{_HEALTH[unit.health]}{said}"
    return ""


_HEALTH = {
    Health.UNHEALTHY: "unhealthy",
    Health.FAILING: "the probe fails",
    Health.UNKNOWN: "not ready yet",
}


def _text(hold: Hold | None) -> str:
    return hold.reason if hold and hold.kind is not HoldKind.BUSY else ""


def _is_settled(seen: _Round, service: ServiceView) -> bool:
    return all(
        replica.state in _SETTLED
        or _is_stuck(seen, ReplicaId(service.name, replica.index), service.name)
        for replica in service.replicas
    )


def _is_stuck(seen: _Round, key: ReplicaId, name: str) -> bool:
    """Tell whether a replica that is neither ready nor ended will stay so."""
    hold = seen.holds.get(key)
    if hold is not None:
        return hold.kind is HoldKind.DEPENDENCY_FAILED
    unit = seen.scene.observed.units.get(key)
    policy = seen.scene.desired.services[name].service.restart.policy
    unhealthy = unit is not None and unit.health is Health.UNHEALTHY
    return unhealthy and policy is RestartPolicy.NO
