"""The Docker runtime: the contract of a runtime, by way of a container for each replica."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from devenv.errors import DevenvError, TransientError
from devenv.model.environment import EnvironmentId, ReplicaId
from devenv.model.plan import Start, StopUnit
from devenv.model.unit import Unit
from devenv.runtimes.docker.commands import Commands
from devenv.runtimes.docker.place import Place
from devenv.runtimes.docker.places import Places
from devenv.runtimes.docker.records import Record
from devenv.runtimes.docker.rows import Row, unit_of
from devenv.runtimes.docker.supply import Supply
from devenv.runtimes.docker.survey import Survey
from devenv.runtimes.protocol import (
    Capability,
    Chunk,
    Look,
    Preparation,
    Report,
    Sample,
)
from devenv.runtimes.refused import not_made

if TYPE_CHECKING:  # loaded when the first engine is asked
    from devenv.runtimes.docker.containers import Containers

IN_FLIGHT = 8
"""How many containers an engine starts at once: more of them take longer in all."""
ALONE = "without its network"
"""What is prepared where the container that owns the network has gone."""
ADOPTED = "adopted"
"""What is prepared is not known: another daemon did it."""


class DockerRuntime:
    """``records`` and ``origin``: see ``Places``."""

    name = "docker"
    capabilities = (
        Capability.EXEC
        | Capability.ATTACH
        | Capability.PAUSE
        | Capability.OUTLIVES_DAEMON
        | Capability.LOGS
    )

    def __init__(self, *, records: Callable[[EnvironmentId], str], origin: str = "") -> None:
        self.places = Places(records, origin)
        self.commands = Commands(self.places)
        self.survey = Survey(self.places)
        self.supply = Supply(self.places)
        self._starting = asyncio.Semaphore(IN_FLIGHT)
        # Once: a unit is known by when it started, so that must stay the same number.
        self._boot = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)

    async def observe(self, environment: EnvironmentId) -> Look:
        place = self.places.get(environment)
        if place is None:
            return Look()
        if place.engine.away:
            return Look(away=place.engine.away, prepared=place.prepared)
        units = {key: self._unit(place, row) for key, row in place.rows().items()}
        alive = {key for key, unit in units.items() if unit.exit is None}
        failed = {key: unit for key, unit in place.failed.items() if key not in alive}
        lacks = place.shares_network and not place.owner
        owner = place.engine.owners.get(environment)
        return Look(
            {**units, **failed},
            ALONE if lacks else place.prepared or ADOPTED,
            ports=owner.ports if owner is not None else frozenset(),
        )

    def changes(self) -> AsyncIterator[EnvironmentId]:
        return self.places.changes()

    async def prepare(
        self, environment: EnvironmentId, preparation: Preparation, report: Report
    ) -> None:
        """Make the networks and volumes that are missing."""
        from devenv.runtimes.docker import resources, sharing
        from devenv.runtimes.docker.connection import AwayError

        away = await self.places.reach(environment, preparation.client)
        if away:
            raise AwayError(away)
        place = self.places.need(environment)
        connection, wanted = place.engine.connection, preparation.resources
        if preparation.replacing:
            await _replace(place, preparation, report)
        await resources.refuse_missing(connection, wanted)
        networks, volumes = await asyncio.gather(
            resources.make_networks(connection, environment, wanted, self.places.origin),
            resources.make_volumes(connection, environment, wanted),
        )
        place.take(preparation, networks, volumes)
        if wanted.shares_network:
            inside = next(iter(networks.values()), "bridge")
            owner = await sharing.make(connection, environment, preparation, inside)
            await place.engine.look_at(owner)

    async def start(self, environment: EnvironmentId, step: Start, report: Report) -> None:
        """Start a container, made anew unless there is one of the same definition.

        What the engine refuses is a unit that has ended, and says why.
        """
        place = self.places.need(environment)
        replica = step.replica
        place.failed.pop(replica.id, None)
        if _containers(place).runs(replica):
            return
        record = Record(replica.generation, step.attempt, step.restarts)
        try:
            async with self._starting:
                await _containers(place).start(replica, record, report)
        except DevenvError as error:
            if place.engine.away or isinstance(error, TransientError):
                raise
            place.failed[replica.id] = not_made(step, self.name, error)
        self.places.hint(environment)

    async def stop(self, environment: EnvironmentId, step: StopUnit, report: Report) -> None:
        place = self.places.get(environment)
        row = place.rows().get(step.unit.id) if place else None
        if place is None or row is None or not row.is_alive:
            return
        await _containers(place).stop(row, step, report)

    async def remove(self, environment: EnvironmentId, replica: ReplicaId) -> None:
        place = self.places.get(environment)
        if place is None:
            return
        place.failed.pop(replica, None)
        row = place.rows().get(replica)
        if row is not None and row.is_alive:
            raise DevenvError(f"{replica.service} still runs")
        if row is not None:
            await _containers(place).remove(row)
        self.places.hint(environment)

    async def discard(self, environment: EnvironmentId, *, data: bool) -> None:
        from devenv.runtimes.docker import removing, resources

        place = self.places.get(environment)
        if place is None:
            return
        await removing.remove_all(place)
        await resources.remove_all(place.engine.connection, environment, data=data)
        place.records.clear()
        self.places.forget(environment)

    async def samples(self, environment: EnvironmentId) -> Mapping[ReplicaId, Sample]:
        place = self.places.get(environment)
        if place is None or place.engine.away:
            return {}
        from devenv.runtimes.docker import executing

        alive = {key: row for key, row in place.rows().items() if row.is_alive}
        found = await asyncio.gather(*(executing.sample(place, row) for row in alive.values()))
        return {key: one for key, one in zip(alive, found, strict=True) if one is not None}

    async def pause(self, environment: EnvironmentId, replica: ReplicaId, *, paused: bool) -> None:
        """Freeze a container where it stands, or let it go on."""
        place = self.places.need(environment)
        row = place.rows().get(replica)
        if row is not None and row.is_alive and (row.status == "paused") != paused:
            await _containers(place).pause(row, paused=paused)

    def logs(
        self, environment: EnvironmentId, replica: ReplicaId, since: int
    ) -> AsyncIterator[list[Chunk]]:
        """Yield what a container writes, after ``since`` (nanoseconds); ends when it does."""
        from devenv.runtimes.docker.streaming import follow

        place = self.places.need(environment)
        return follow(place, replica, since)

    def close(self) -> None:
        self.places.close()

    def _unit(self, place: Place, row: Row) -> Unit:
        record = place.records.get(row.container, Record(row.generation))
        if place.prepared and place.shares_network and row.network_of != place.owner:
            row = replace(row, fingerprint="")  # its network is another's, or gone
        return unit_of(row, record, self._boot)


def _containers(place: Place) -> Containers:
    from devenv.runtimes.docker.containers import Containers

    return Containers(place)


async def _replace(place: Place, preparation: Preparation, report: Report) -> None:
    from devenv.runtimes.docker.removing import give_up
    from devenv.runtimes.docker.resources import diverged

    connection = place.engine.connection
    found = await diverged(connection, place.environment, preparation.resources)
    for volume in found & preparation.replacing:
        report(f"replaces the volume {volume}")
        await give_up(place, volume)
