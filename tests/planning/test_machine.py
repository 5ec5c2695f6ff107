"""Random wishes, failures and timings on a fake clock: what must hold in every round."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import replace
from typing import TypeVar

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from devenv.model.environment import Desired, ReplicaId
from devenv.model.plan import Plan, Prepare, Remove, Start, Step, StopUnit
from devenv.model.service import Condition
from devenv.model.unit import Health, Observed, Unit
from devenv.planning.plan import plan
from devenv.planning.supervise import FIRST_DELAY, JITTER
from devenv.planning.view import snapshot
from devenv.runtimes.memory import MemoryRuntime
from devenv.runtimes.protocol import Client, Look, Preparation
from tests.planning.worlds import ENVIRONMENT, always, on_failure, probed, service, task, want

SERVICES = (
    probed("db", restart=on_failure()),
    probed("cache", restart=always(3)),
    task("migrate", "db:ready"),
    service("web", "migrate:done", "cache?", restart=on_failure(2)),
    service("worker", "db:ready", "web!"),
)
NAMES = [one.name for one in SERVICES]
MAX_ROUNDS = 200
name = st.sampled_from(NAMES)
T = TypeVar("T")


def at_once(work: Coroutine[None, None, T]) -> T:
    """Return what a coroutine that waits for nothing returns."""
    try:
        work.send(None)
    except StopIteration as ended:
        returned: T = ended.value
        return returned
    raise AssertionError("it waits")


def unheard(line: str) -> None:
    """Take a line of progress, which nobody reads here."""


class World(RuleBasedStateMachine):
    """The outside: a memory runtime whose steps land after a while, and whose units do as they
    please in between; ``health`` is what probes have said of them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.stopped: set[str] = set(NAMES)
        self.replicas: dict[str, int] = {}
        self.generations: dict[str, int] = {}
        self.prints: dict[str, str] = {}
        self.runtime = MemoryRuntime(lambda: self.now)
        self.health: dict[ReplicaId, Health] = {}
        self.flying: dict[ReplicaId, Step] = {}

    @property
    def desired(self) -> Desired:
        return want(
            *SERVICES,
            stopped=tuple(self.stopped),
            replicas=self.replicas,
            generations=self.generations,
            prints=self.prints,
            runtime=self.runtime.name,
        )

    @property
    def look(self) -> Look:
        return at_once(self.runtime.observe(ENVIRONMENT))

    @property
    def units(self) -> dict[ReplicaId, Unit]:
        """What the runtime holds, and what the probes said of it."""
        return {key: self.judged(unit) for key, unit in self.look.units.items()}

    def judged(self, unit: Unit) -> Unit:
        probed = self.desired.services[unit.id.service].service.probe is not None
        asked = self.health.get(unit.id, Health.UNKNOWN)
        return replace(unit, health=asked) if probed and unit.exit is None else unit

    @property
    def observed(self) -> Observed:
        busy = {
            key: "stopping" if isinstance(step, StopUnit) else "starting"
            for key, step in self.flying.items()
        }
        return Observed(self.units, busy, prepared={self.runtime.name: self.look.prepared})

    def decide(self) -> Plan:
        return plan(self.desired, self.observed, self.now)

    @rule(wanted=name)
    def up(self, wanted: str) -> None:
        self.stopped.discard(wanted)

    @rule()
    def up_of_all(self) -> None:
        self.stopped.clear()

    @rule(unwanted=name)
    def stop(self, unwanted: str) -> None:
        self.stopped.add(unwanted)

    @rule()
    def down(self) -> None:
        self.stopped.update(NAMES)

    @rule(again=name)
    def restart(self, again: str) -> None:
        self.stopped.discard(again)
        self.generations[again] = self.generations.get(again, 0) + 1

    @rule(edited=name, to=st.sampled_from("abc"))
    def edit(self, edited: str, to: str) -> None:
        self.prints[edited] = to

    @rule(count=st.integers(0, 3), scaled=st.sampled_from(["cache", "worker"]))
    def scale(self, count: int, scaled: str) -> None:
        self.replicas[scaled] = count

    @rule(seconds=st.sampled_from([0.001, 0.1, 1.0, 5.0, 11.0, 3600.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.units)
    @rule(data=st.data(), code=st.sampled_from([0, 1, 137]), lingering=st.booleans())
    def a_unit_ends(self, data: st.DataObject, code: int, lingering: bool) -> None:
        running = sorted(key for key, unit in self.units.items() if unit.exit is None)
        if running:
            key = data.draw(st.sampled_from(running))
            self.runtime.end(ENVIRONMENT, key, code, lingering=lingering)

    @precondition(lambda self: self.units)
    @rule(
        data=st.data(), health=st.sampled_from([Health.PASSING, Health.FAILING, Health.UNHEALTHY])
    )
    def a_probe_answers(self, data: st.DataObject, health: Health) -> None:
        key = data.draw(st.sampled_from(sorted(self.units)))
        self.health[key] = health

    @rule()
    def a_round(self) -> None:
        self.perform(self.decide())

    @precondition(lambda self: self.flying)
    @rule(data=st.data())
    def a_step_lands(self, data: st.DataObject) -> None:
        self.land(data.draw(st.sampled_from(sorted(self.flying))))

    @rule()
    def all_goes_well_from_here_on(self) -> None:
        """Whatever happened: when wishes stop and the world behaves, all comes to rest."""
        for _ in range(MAX_ROUNDS):
            for key in sorted(self.flying):
                self.land(key)
            self.behave()
            decided = self.decide()
            if not decided.steps and decided.wake_at is None:
                break
            self.now = max(self.now, decided.wake_at or self.now) + 0.01
            self.perform(decided)
        assert self.decide() == Plan(holds=self.decide().holds)
        assert snapshot(self.desired, self.observed, self.decide()).settled

    @invariant()
    def no_plan_breaks_a_rule(self) -> None:
        desired, observed = self.desired, self.observed
        steps = [step for step in self.decide().steps if not isinstance(step, Prepare)]
        keys = [step.replica.id if isinstance(step, Start) else step.unit.id for step in steps]
        assert len(keys) == len(set(keys)), "two steps for one replica"
        assert not set(keys) & observed.busy.keys(), "a step for a busy replica"
        for step in steps:
            if isinstance(step, Start):
                self.may_start(step, desired)
            elif isinstance(step, StopUnit):
                self.may_stop(step, desired)

    def may_start(self, step: Start, desired: Desired) -> None:
        key = step.replica.id
        assert step.replica in desired.services[key.service].replicas, "nobody wants it"
        assert self.look.prepared, "it was not prepared"
        for dependency in step.replica.service.depends_on:
            if dependency.required:
                assert self.holds(dependency.service, dependency.condition), "started too early"
        unit = self.units.get(key)
        if step.restarts and unit is not None and unit.exit is not None:
            assert self.now >= unit.exit.at + FIRST_DELAY * (1 - JITTER), "no back-off"

    def may_stop(self, step: StopUnit, desired: Desired) -> None:
        """In a whole environment that goes down, the dependants go first."""
        if self.stopped != set(NAMES):
            return
        for key, unit in self.units.items():
            if unit.exit is None:
                needs = {d.service for d in desired.services[key.service].service.depends_on}
                assert step.unit.id.service not in needs - {key.service}, "a dependant still runs"

    def holds(self, dependency: str, condition: Condition) -> bool:
        units = [unit for key, unit in self.units.items() if key.service == dependency]
        if condition is Condition.COMPLETED:
            return all(unit.exit is not None and unit.exit.code == 0 for unit in units)
        if condition is Condition.HEALTHY:
            return all(unit.health is Health.PASSING for unit in units)
        return bool(units) or not self.desired.services[dependency].replicas

    def perform(self, decided: Plan) -> None:
        for step in decided.steps:
            if isinstance(step, Prepare):
                wanted = Preparation(self.desired.preparation[step.runtime], Client("/"))
                at_once(self.runtime.prepare(ENVIRONMENT, wanted, unheard))
            else:
                key = step.replica.id if isinstance(step, Start) else step.unit.id
                self.flying[key] = step

    def land(self, key: ReplicaId) -> None:
        match self.flying.pop(key):
            case Start() as step:
                self.health[key] = Health.UNKNOWN
                at_once(self.runtime.start(ENVIRONMENT, step, unheard))
            case StopUnit() as step:
                at_once(self.runtime.stop(ENVIRONMENT, step, unheard))
            case Remove():
                at_once(self.runtime.remove(ENVIRONMENT, key))

    def behave(self) -> None:
        for key, unit in self.units.items():
            self.health[key] = Health.PASSING
            if unit.exit is None and key.service == "migrate":
                self.runtime.end(ENVIRONMENT, key, 0)


World.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestWorld = World.TestCase
