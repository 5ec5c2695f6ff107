"""The cause chain: why a service is in the state it is in, down to the roots."""

from __future__ import annotations

from collections.abc import Iterator

from devenv.model.environment import Desired, ReplicaId
from devenv.model.plan import Hold, Plan, Prepare, Start, Step
from devenv.model.snapshot import Snapshot
from devenv.model.unit import Observed
from devenv.planning.text import line
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


def _chain(service: str, known: _Known, above: tuple[str, ...]) -> Iterator[str]:
    indent = "  " * len(above)
    view = known.views.get(service)
    if view is None:
        yield f"{indent}{service} is not in the profile"
        return
    reason = f": {view.reason}" if view.reason else ""
    yield f"{indent}{service} is {view.state.value}{reason}"
    if not above:
        yield from _details(service, known)
    for other in view.waits_for:
        if other not in (*above, service):
            yield from _chain(other, known, (*above, service))


def _details(service: str, known: _Known) -> Iterator[str]:
    wanted = known.desired.services[service]
    for replica in wanted.replicas:
        decided: Step | Hold | None = known.steps.get(replica.id) or known.holds.get(replica.id)
        if decided is not None:
            yield f"  {line(decided)}"
    for view in known.views[service].replicas:
        if view.restarts:
            of = ReplicaId(service, view.index)
            yield f"  {of} was started again {view.restarts} times"
    if wanted.runtime:
        because = f", since {wanted.because}" if wanted.because else ""
        yield f"  it runs as: {wanted.runtime}{because}"
    for moved in known.views[service].moved:
        yield f"  {moved}"


def _key(step: Step) -> ReplicaId:
    assert not isinstance(step, Prepare)
    return step.replica.id if isinstance(step, Start) else step.unit.id
