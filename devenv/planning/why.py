"""The cause chain: why a service is in the state it is in, down to the roots."""

from __future__ import annotations

from collections.abc import Iterator

from devenv.model.environment import Desired, ReplicaId
from devenv.model.plan import Hold, Plan, Prepare, Start, Step
from devenv.model.snapshot import ReplicaView, ServiceView, Snapshot
from devenv.model.unit import Observed
from devenv.planning.outlook import outlook
from devenv.planning.view import snapshot


def why(service: str, desired: Desired, observed: Observed, plan: Plan) -> tuple[str, ...]:
    """Say how a service stands and why; what it waits for follows, indented."""
    return tuple(_chain(service, _Known(desired, plan, snapshot(desired, observed, plan)), ()))


class _Known:
    """The round, by service."""

    def __init__(self, desired: Desired, plan: Plan, view: Snapshot) -> None:
        self.desired = desired
        self.views = {one.name: one for one in view.services}
        self.holds = {hold.replica: hold for hold in plan.holds}
        self.steps = {_key(step): step for step in plan.steps if not isinstance(step, Prepare)}

    def decided(self, replica: ReplicaId) -> Step | Hold | None:
        return self.steps.get(replica) or self.holds.get(replica)


def _chain(service: str, known: _Known, above: tuple[str, ...]) -> Iterator[str]:
    indent = "  " * len(above)
    view = known.views.get(service)
    if view is None:
        yield f"{indent}{service} is not in the profile"
        return
    yield f"{indent}{service} is {_standing(view)}"
    if not above:
        yield from _details(service, known)
    for other in view.waits_for:
        if other not in (*above, service):
            yield from _chain(other, known, (*above, service))


def _details(service: str, known: _Known) -> Iterator[str]:
    wanted, view = known.desired.services[service], known.views[service]
    yield from (f"  {line}" for line in _of_replicas(view, known))
    decided = (known.decided(ReplicaId(service, one.index)) for one in view.replicas)
    next_ones = (
        outlook(one.state, wanted.runtime, step)
        for one, step in zip(view.replicas, decided, strict=True)
    )
    yield from (f"  {line}" for line in dict.fromkeys(next_ones) if line)
    for one in view.replicas:
        if one.restarts:
            times = f"{one.restarts} time{'s' * (one.restarts > 1)}"
            yield f"  {ReplicaId(service, one.index)} was started again {times}"
    if wanted.runtime:
        because = f", since {wanted.because}" if wanted.because else ""
        yield f"  it runs as {_AS.get(wanted.runtime, wanted.runtime)}{because}"
    for moved in view.moved:
        yield f"  {moved}"


def _of_replicas(view: ServiceView, known: _Known) -> Iterator[str]:
    """How each stands, where they do not all stand as their service does."""
    if any((one.state, one.reason) != (view.state, view.reason) for one in view.replicas):
        for one in view.replicas:
            yield f"{view.name}[{one.index}] is {_standing(one)}"


def _standing(view: ServiceView | ReplicaView) -> str:
    return f"{view.state.value}: {view.reason}" if view.reason else view.state.value


_AS = {"process": "a host process", "docker": "a container", "kubernetes": "a pod of the cluster"}


def _key(step: Step) -> ReplicaId:
    assert not isinstance(step, Prepare)
    return step.replica.id if isinstance(step, Start) else step.unit.id
