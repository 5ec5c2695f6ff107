"""Watches readiness: one task for each running unit that has a probe."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from devenv.daemon.checks import Execute, Place, check
from devenv.daemon.host import Host
from devenv.logs.watch import LogWatch
from devenv.model.environment import Desired, EnvironmentId, Replica, ReplicaId
from devenv.model.service import ExecCheck, FileCheck, LogCheck, Probe
from devenv.model.unit import Health, Observed, Unit
from devenv.planning.capabilities import KUBERNETES
from devenv.planning.probing import Probing, judge, next_try
from devenv.runtimes.protocol import Client

Key = tuple[ReplicaId, float]
"""A unit as it was started: a new start is another one."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What a probe is made for."""

    unit: Unit
    replica: Replica
    probe: Probe


class Prober:
    """The health of an environment's units, as their probes say it."""

    def __init__(self, environment: EnvironmentId, host: Host, *, wake: Callable[[], None]) -> None:
        self._environment = environment
        self._host = host
        self._wake = wake
        self._results: dict[Key, Probing] = {}
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._minded: set[ReplicaId] = set()
        """Units whose health the runtime looks after too."""

    def judged(self, observed: Observed, desired: Desired) -> Observed:
        """Add to each unit what its probe said last."""
        probed = {watched.unit.id for watched in _watched(observed, desired)}
        self._minded = {
            unit.id for unit in observed.units.values() if unit.health is not Health.NONE
        }
        units = {key: self._judged(unit, key in probed) for key, unit in observed.units.items()}
        return replace(observed, units=units)

    def follow(self, observed: Observed, desired: Desired, client: Client) -> None:
        """Probe what runs and has a probe; stop probing the rest."""
        wanted = {
            (watched.unit.id, watched.unit.started): watched
            for watched in _watched(observed, desired)
            if watched.unit.exit is None
            and not watched.unit.stopping
            and not watched.unit.paused
            and not self._is_known(watched)
        }
        for key in self._tasks.keys() - wanted.keys():
            self._tasks.pop(key).cancel()
        for key in wanted.keys() - self._tasks.keys():
            self._tasks[key] = asyncio.create_task(self._probe(key, wanted[key], client))
        known = {(unit.id, unit.started) for unit in observed.units.values()}
        self._results = {key: result for key, result in self._results.items() if key in known}

    @property
    def all_tried(self) -> bool:
        """Tell whether every probe was tried at least once."""
        return self._tasks.keys() <= self._results.keys()

    def result(self, replica: ReplicaId) -> Probing | None:
        """What the probe of the running unit said last."""
        found = [known for (key, _), known in self._results.items() if key == replica]
        return found[-1] if found else None

    def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()

    def _is_known(self, watched: Watched) -> bool:
        """Tell whether the runtime alone goes on looking after the health of a unit."""
        unit = watched.unit
        return unit.id in self._minded and unit.health in {Health.PASSING, Health.UNHEALTHY}

    def _judged(self, unit: Unit, probed: bool) -> Unit:
        """Ready is the first of what the runtime says and our own probe; then its word counts."""
        result = self._results.get((unit.id, unit.started))
        if unit.health is Health.NONE and result is not None:
            return replace(unit, health=result.health, detail=result.detail)
        if unit.health is Health.NONE:
            return replace(unit, health=Health.UNKNOWN) if probed else unit
        if unit.health is Health.UNKNOWN and result is not None:
            passed = result.health is Health.PASSING
            health = Health.PASSING if passed else Health.UNKNOWN
            return replace(unit, health=health, detail=result.detail)
        return unit

    async def _probe(self, key: Key, watched: Watched, client: Client) -> None:
        probe = watched.probe
        place = self._place(watched, client)
        probing = Probing(watched.unit.started)
        while True:
            await asyncio.sleep(next_try(probing, probe, _now()) - _now())
            passed, detail = await check(probe, place)
            before, probing = probing, judge(probing, probe, passed, detail, _now())
            self._results[key] = probing
            if (before.health, before.detail) != (probing.health, probing.detail):
                self._wake()
            if passed and isinstance(probe.check, LogCheck | FileCheck):
                return

    def _place(self, watched: Watched, client: Client) -> Place:
        process = watched.replica.service.process
        directory = process.directory if process else client.directory
        own = process.environment if process else {}
        needs_all = isinstance(watched.probe.check, ExecCheck)
        return Place(
            directory,
            {**client.environment, **own} if needs_all else {},
            watched.replica.service.ports,
            self._log(watched),
            self._within(watched.unit),
        )

    def _within(self, unit: Unit) -> Execute | None:
        """How a command is run within a unit; None: it runs beside it, on this machine."""
        docker = self._host.docker
        if unit.runtime != docker.name:
            return None
        return lambda command: docker.commands.execute(self._environment, unit.id, command)

    def _log(self, watched: Watched) -> LogWatch | None:
        if not isinstance(watched.probe.check, LogCheck):
            return None
        name, index = watched.unit.id.service, watched.unit.id.index
        folder = self._host.folders.log(self._environment, name, index)
        unit = watched.unit
        since = unit.started if unit.speaks_since is None else unit.speaks_since
        return LogWatch(str(folder), watched.probe.check.pattern, _epoch_ns(since))


def _watched(observed: Observed, desired: Desired) -> Iterator[Watched]:
    for wanted in desired.services.values():
        probe = None if wanted.runtime == KUBERNETES else wanted.service.probe
        for replica in wanted.replicas if probe else ():
            unit = observed.units.get(replica.id)
            if unit is not None and probe is not None:
                yield Watched(unit, replica, replica.service.probe or probe)


def _epoch_ns(boottime: float) -> int:
    return time.time_ns() - int((_now() - boottime) * 1e9)


def _now() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)
