"""Brings the logs of runtimes that keep their own into the log store, without loss."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import Protocol

from devenv.errors import DevenvError
from devenv.logs.read import Query, lines
from devenv.logs.segment import Writer, enforce_quota
from devenv.logs.source import Source
from devenv.model.environment import Desired, EnvironmentId, ReplicaId
from devenv.model.unit import Observed, Unit
from devenv.runtimes.protocol import Chunk

RETRY = 1.0
"""Seconds until a stream that broke is opened again."""
DRAIN = 10.0
"""Seconds that the last lines of a container have to arrive before it is removed."""
Key = tuple[ReplicaId, float]
"""A unit as it was started: a new start is another one."""


class KeepsLogs(Protocol):
    """A runtime that has the logs of its units itself."""

    def logs(
        self, environment: EnvironmentId, replica: ReplicaId, since: int
    ) -> AsyncIterator[list[Chunk]]:
        """Yield what a unit writes after ``since`` (nanoseconds); ends when the unit does."""
        ...


class Shipper:
    """One task for each unit whose log is not wholly in the store; ``folder`` is where it lies."""

    def __init__(
        self,
        environment: EnvironmentId,
        runtimes: Mapping[str, KeepsLogs],
        folder: Callable[[ReplicaId], str],
    ) -> None:
        self._environment = environment
        self._runtimes = runtimes
        self._folder = folder
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._ended: frozenset[ReplicaId] = frozenset()
        self._writers: dict[ReplicaId, Writer] = {}
        self._quota = 0

    def follow(self, observed: Observed, desired: Desired, quota: int) -> None:
        """Ship what runs, and what ended before it was seen to run; ``quota``: of all together."""
        self._quota = quota
        units = {
            (unit.id, unit.started): unit
            for unit in observed.units.values()
            if unit.runtime in self._runtimes and unit.started
        }
        self._ended = frozenset(unit.id for unit in units.values() if unit.exit is not None)
        for key in self._tasks.keys() - units.keys():
            self._tasks.pop(key)
        for key in units.keys() - self._tasks.keys():
            wanted = desired.services.get(units[key].id.service)
            own = wanted.service.log_quota if wanted else quota
            self._tasks[key] = asyncio.create_task(self._ship(units[key], own))

    async def drained(self, replica: ReplicaId) -> None:
        """Wait until the log of a unit is in the store, if it has ended: another's has no end."""
        ended = self._ended & {replica}
        going = [task for key, task in self._tasks.items() if key[0] in ended]
        if going:
            await asyncio.wait(going, timeout=DRAIN)

    def close(self) -> None:
        """Let go of all logs; what is followed afterwards is begun anew."""
        for task in self._tasks.values():
            task.cancel()
        for writer in self._writers.values():
            writer.close()
        self._tasks.clear()
        self._writers.clear()

    async def _ship(self, unit: Unit, quota: int) -> None:
        writer = self._writers.get(unit.id)
        if writer is None:
            writer = self._writers[unit.id] = Writer(self._folder(unit.id), quota)
        since = newest_time(writer.folder)
        while True:
            try:
                source = self._runtimes[unit.runtime]
                async for chunks in source.logs(self._environment, unit.id, since):
                    self._write(writer, chunks)
                    since = chunks[-1].time
                return
            except DevenvError as error:
                logging.info("the log of %s: %s", unit.id, error.message)
                await asyncio.sleep(RETRY)

    def _write(self, writer: Writer, chunks: list[Chunk]) -> None:
        for stream, time, data in chunks:
            if writer.write(stream, time, data):
                enforce_quota(list(self._writers.values()), self._quota)


def newest_time(folder: str) -> int:
    """When the last line of a log was written (nanoseconds since the epoch); 0: it has none."""
    newest = 0
    with suppress(OSError):
        for line in lines(Source("", folder), Query(last=1, notes=False)):
            newest = max(newest, line[0])
    return newest
