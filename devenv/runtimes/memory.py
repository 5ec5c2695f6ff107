"""The reference runtime: the contract of a runtime as values, without anything that runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId, ReplicaId
from devenv.model.plan import Start, StopUnit
from devenv.model.unit import Exit, Unit
from devenv.runtimes.protocol import Capability, Look, Preparation, Report, Sample

TERMINATED = 143


class MemoryRuntime:
    """Its units run until they are stopped, or until somebody calls ``end``.

    ``clock`` gives the time as units carry it.
    """

    name = "memory"
    capabilities = Capability.PAUSE

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._prepared: dict[EnvironmentId, str] = {}
        self._units: dict[EnvironmentId, dict[ReplicaId, Unit]] = {}
        self._hints: asyncio.Queue[EnvironmentId] = asyncio.Queue()

    async def observe(self, environment: EnvironmentId) -> Look:
        units = self._units.get(environment, {})
        return Look(dict(units), self._prepared.get(environment, ""))

    async def changes(self) -> AsyncIterator[EnvironmentId]:
        while True:
            yield await self._hints.get()

    async def prepare(
        self, environment: EnvironmentId, preparation: Preparation, report: Report
    ) -> None:
        self._prepared[environment] = preparation.fingerprint
        self._units.setdefault(environment, {})

    async def start(self, environment: EnvironmentId, step: Start, report: Report) -> None:
        if environment not in self._prepared:
            raise DevenvError(f"{environment} was not prepared")
        wanted = step.replica
        there = self._unit(environment, wanted.id)
        if there is None or not _alive(there):
            self._put(environment, self._started(step))
        elif (there.fingerprint, there.generation) != (wanted.fingerprint, wanted.generation):
            raise DevenvError(f"{wanted.id.service} still runs as it was asked for before")

    async def stop(self, environment: EnvironmentId, step: StopUnit, report: Report) -> None:
        unit = self._unit(environment, step.unit.id)
        if unit is None or not _alive(unit):
            return
        exit_ = unit.exit or Exit(TERMINATED, self._clock(), requested=True)
        self._put(environment, replace(unit, exit=exit_, lingering=False))

    async def pause(self, environment: EnvironmentId, replica: ReplicaId, *, paused: bool) -> None:
        unit = self._unit(environment, replica)
        if unit is not None and unit.exit is None:
            self._put(environment, replace(unit, paused=paused))

    async def remove(self, environment: EnvironmentId, replica: ReplicaId) -> None:
        unit = self._unit(environment, replica)
        if unit is None:
            return
        if _alive(unit):
            raise DevenvError(f"{replica.service} still runs")
        del self._units[environment][replica]

    async def discard(self, environment: EnvironmentId, *, data: bool) -> None:
        self._prepared.pop(environment, None)
        self._units.pop(environment, None)

    async def samples(self, environment: EnvironmentId) -> Mapping[ReplicaId, Sample]:
        units = (await self.observe(environment)).units
        return {key: Sample(0.0, 0) for key, unit in units.items() if _alive(unit)}

    def end(
        self, environment: EnvironmentId, replica: ReplicaId, code: int, *, lingering: bool = False
    ) -> None:
        """Let a unit end by itself; ``lingering``: processes of it outlive its leader."""
        unit = self._units[environment][replica]
        self._put(environment, replace(unit, exit=Exit(code, self._clock()), lingering=lingering))

    def _started(self, step: Start) -> Unit:
        replica = step.replica
        return Unit(
            replica.id,
            self.name,
            replica.fingerprint,
            replica.generation,
            step.attempt,
            step.restarts,
            started=self._clock(),
        )

    def _unit(self, environment: EnvironmentId, replica: ReplicaId) -> Unit | None:
        return self._units.get(environment, {}).get(replica)

    def _put(self, environment: EnvironmentId, unit: Unit) -> None:
        self._units[environment][unit.id] = unit
        self._hints.put_nowait(environment)


def _alive(unit: Unit) -> bool:
    return unit.exit is None or unit.lingering
