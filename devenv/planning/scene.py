"""What plan and view both need to know of a round: how each unit and each service stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from devenv.model.environment import Desired, Replica, ReplicaId, Wanted
from devenv.model.service import Condition, Dependency, Kind, RestartPolicy, Service
from devenv.model.unit import Health, Observed, Unit
from devenv.planning.capabilities import DOCKER, ROLLING
from devenv.planning.supervise import Fate, Verdict, verdict

_RUNS = Verdict(Fate.RUNS)


class Standing(StrEnum):
    """Whether a dependency is met."""

    MET = "met"
    COMING = "coming"
    LOST = "lost"
    """It will not be met unless somebody does something."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One round's picture. ``known`` and ``stopping`` only remember what was worked out of it."""

    desired: Desired
    observed: Observed
    known: dict[str, str] = field(default_factory=dict, compare=False)
    stopping: dict[str, set[str]] = field(default_factory=dict, compare=False)

    def verdict(self, service: Service, unit: Unit) -> Verdict:
        if unit.exit is None:
            return _RUNS
        return verdict(self.desired.environment, service, unit)

    def stale(self, wanted: Wanted, replica: Replica, unit: Unit) -> str:
        """Say why a unit is not the one that is wanted; "" if it is."""
        if unit.runtime != wanted.runtime:
            return f"moves from {unit.runtime} to {wanted.runtime}"
        if not unit.fingerprint:
            return "its start was not finished"
        if unit.fingerprint != replica.fingerprint:
            return "its definition has changed"
        if unit.generation != replica.generation:
            return "a restart was asked for"
        for dependency in replica.service.depends_on:
            if dependency.restart and self._started_later(dependency.service, unit):
                return f"{dependency.service} was restarted"
        return ""

    def units_of(self, service: str) -> Iterator[tuple[Replica, Unit | None]]:
        wanted = self.desired.services.get(service)
        for replica in wanted.replicas if wanted else ():
            yield replica, self.observed.units.get(replica.id)

    def must_stop(self, key: ReplicaId) -> bool:
        """Tell whether a unit that runs is not wanted as it is."""
        unit = self.observed.units.get(key)
        if unit is None or (unit.exit is not None and not unit.lingering):
            return False
        wanted = self.desired.services.get(key.service)
        replica = find_replica(wanted, key)
        if wanted is None or replica is None:
            return True
        return bool(self.stale(wanted, replica, unit)) and not self.rolls(wanted, replica, unit)

    def rolls(self, wanted: Wanted, replica: Replica, unit: Unit) -> bool:
        """Tell whether what is wanted takes the place of a unit that goes on until it has."""
        same = unit.runtime == wanted.runtime and unit.runtime in ROLLING
        alive = unit.exit is None and not unit.stopping
        return same and alive and replica.service.kind is Kind.SERVICE

    def dependants_that_stop(self, service: str) -> set[str]:
        """Name the services that run, are to stop, and depend on ``service``."""
        if not self.stopping:
            self.stopping[""] = set()
            for key in filter(self.must_stop, self.observed.units):
                wanted = self.desired.services.get(key.service)
                for dependency in wanted.service.depends_on if wanted else ():
                    self.stopping.setdefault(dependency.service, set()).add(key.service)
        return self.stopping.get(service, set())

    def standing(self, dependency: Dependency) -> tuple[Standing, str]:
        """Tell how a dependency stands, and what it is that its dependant waits for."""
        name = dependency.service
        wanted = self.desired.services.get(name)
        if wanted is None or not wanted.replicas:
            return Standing.LOST, f"{name} is stopped"
        worst = Standing.MET
        for replica, unit in self.units_of(name):
            if dependency.condition is Condition.HEALTHY and _has_no_check(replica, unit):
                return Standing.LOST, f"{name} has no health check, nor has its image"
            standing = self._one(wanted, replica, unit, dependency.condition)
            if standing is Standing.LOST:
                return standing, f"{name} {self.doom(name) or 'has ended, and was never ready'}"
            worst = standing if standing is Standing.COMING else worst
        return worst, f"waits for {name} to {_GOAL[dependency.condition]}"

    def doom(self, service: str) -> str:
        """Say why a service will not come up by itself; "" if it may."""
        if service not in self.known:
            self.known[service] = (
                ""  # a circle of dependencies, which the profile refuses, ends here
            )
            self.known[service] = self._doom(service)
        return self.known[service]

    def _doom(self, service: str) -> str:
        wanted = self.desired.services[service]
        for replica, unit in self.units_of(service):
            if replica.id in self.observed.busy:
                continue
            busy_port = self.observed.ports.get(replica.id)
            if unit is None and busy_port is not None:
                return f"cannot have port {busy_port.port}"
            starts = True
            if unit is not None and not self.stale(wanted, replica, unit):
                if text := self._failed(replica.service, unit):
                    return text
                starts = self.verdict(replica.service, unit).fate in _STARTS
            if starts and (text := self._held_by_lost(replica.service)):
                return text
        if wanted.runtime in self.observed.away:
            return f"cannot run: {self.observed.away[wanted.runtime]}"
        return ""

    def _failed(self, service: Service, unit: Unit) -> str:
        fate = self.verdict(service, unit).fate
        if fate is Fate.FAILED and unit.exit is not None:
            return f"has failed with {unit.exit.words}"
        if fate is Fate.GAVE_UP:
            return "was given up"
        if unit.health is Health.UNHEALTHY and service.restart.policy is RestartPolicy.NO:
            return "is unhealthy"
        return ""

    def _held_by_lost(self, service: Service) -> str:
        for dependency in service.depends_on:
            if dependency.required and self.standing(dependency)[0] is Standing.LOST:
                return f"cannot start without {dependency.service}"
        return ""

    def _one(
        self, wanted: Wanted, replica: Replica, unit: Unit | None, condition: Condition
    ) -> Standing:
        if self.doom(replica.service.name):
            return Standing.LOST
        if unit is None or self.stale(wanted, replica, unit) or unit.stopping:
            return Standing.COMING
        fate = self.verdict(replica.service, unit).fate
        if fate is Fate.DONE:
            return Standing.LOST if condition is Condition.HEALTHY else Standing.MET
        met = fate is Fate.RUNS and (
            condition is Condition.STARTED
            or (condition is Condition.HEALTHY and unit.health is Health.PASSING)
        )
        return Standing.MET if met else Standing.COMING

    def _started_later(self, service: str, than: Unit) -> bool:
        return any(
            unit is not None and unit.exit is None and unit.started > than.started
            for _, unit in self.units_of(service)
        )


_STARTS = frozenset({Fate.AGAIN, Fate.STOPPED})
"""Fates of what has ended and is started anew."""


def _has_no_check(replica: Replica, unit: Unit | None) -> bool:
    """Whether nothing will ever call a container healthy: of one that may be, an engine tells."""
    if unit is None or unit.runtime != DOCKER or unit.exit is not None:
        return False
    return unit.health is Health.NONE and replica.service.probe is None


_GOAL = {
    Condition.STARTED: "start",
    Condition.HEALTHY: "be ready",
    Condition.COMPLETED: "be done",
}


def find_replica(wanted: Wanted | None, key: ReplicaId) -> Replica | None:
    """Find the replica that a unit should be."""
    if wanted is None or key.index >= len(wanted.replicas):
        return None
    return wanted.replicas[key.index]
