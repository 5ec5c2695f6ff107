"""Steps to calls: how a container is made, started, stopped and removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from devenv.errors import DevenvError, TransientError
from devenv.failpoints import failpoint
from devenv.model.environment import Replica
from devenv.model.plan import StopUnit
from devenv.runtimes.docker.before import run_before
from devenv.runtimes.docker.bound import identities, sources
from devenv.runtimes.docker.connection import AwayError, RefusedError
from devenv.runtimes.docker.creating import Creator
from devenv.runtimes.docker.hooks import run_after_start, run_before_stop
from devenv.runtimes.docker.place import Place
from devenv.runtimes.docker.pulling import NotPulledError
from devenv.runtimes.docker.records import Record
from devenv.runtimes.docker.removing import GONE, note_stop, removed, unless_gone
from devenv.runtimes.docker.rows import Row
from devenv.runtimes.protocol import Report

PORT_TAKEN = ("port is already allocated", "address already in use")
"""What an engine says when somebody was faster: looked at anew, another port is chosen."""
OR_AS_PROCESS = "or let it be a host process: `devenv up --runtime process`"


@dataclass(frozen=True, slots=True)
class Containers:
    """The containers of one environment."""

    place: Place

    async def start(self, replica: Replica, record: Record, report: Report) -> None:
        """Bring a replica's container to run. Raises DevenvError for what the engine refuses."""
        row = self.place.engine.of(self.place.environment).get(replica.id)
        hooks = replica.service.definition.get("post_start") or ()
        try:
            container = await self._made(row, replica, report)
            self.place.records.put(container, record)
            await run_before(self.place, replica, container, report)
            record = replace(record, files=self._files(replica), unfinished=bool(hooks))
            self.place.records.put(container, record)
            started = await self._started(container)
        except RefusedError as error:
            if error.status != GONE:
                raise
            # Somebody has removed a network, or the container: all is looked at anew.
            self.place.prepared = ""
            raise TransientError(error.message) from error
        failpoint("container.started")
        try:
            await run_after_start(self.place, started, hooks)
        except TransientError:
            raise
        except DevenvError:  # one that cannot be set up as written does not stay
            await self._end(started, replica.service.stop.grace)
            raise
        self.place.records.put(container, replace(record, unfinished=False))

    def _files(self, replica: Replica) -> Mapping[str, str]:
        """Which files it is about to see that are mounted alone, as far as they are here."""
        if not self.place.engine.connection.address.is_local:
            return {}
        paths = sources(replica.service.definition, self.place.resources)
        return identities(paths)

    async def _started(self, container: str) -> Row:
        """Start it, and see it run. One that cannot be started for what it lacks is removed."""
        try:
            await self._call(lambda client: client.start(container))
        except RefusedError as error:
            row = await self.place.engine.look_at(container)
            if error.status == GONE and row is not None and not row.is_alive:
                await self.remove(row, volumes=False)
            if any(words in error.message for words in PORT_TAKEN):
                raise TransientError(error.message) from error
            raise
        except AwayError:
            # It may have been done, and only the answer is lost.
            row = await self.place.engine.look_at(container)
            if row is None or not row.is_alive:
                raise
        row = await self.place.engine.look_at(container)
        if row is None:
            raise TransientError("the container was removed as soon as it had started")
        return row

    async def stop(self, row: Row, step: StopUnit, report: Report) -> None:
        """Ask it to end, and kill it after its grace; returns when it has ended."""
        note_stop(self.place, row)
        if row.status == "paused":
            await self.pause(row, paused=False)
        grace = step.grace
        if step.hooks:
            grace = await run_before_stop(self.place, row, step.hooks, grace, report)
        await self._end(row, grace)

    async def _end(self, row: Row, grace: float) -> None:
        await unless_gone(
            self.place, lambda client: client.stop(row.container, timeout=ceil(grace))
        )
        await self.place.engine.look_at(row.container)

    async def remove(self, row: Row, *, volumes: bool = True) -> None:
        """Remove a container that has ended; ``volumes``: those without a name too."""
        await removed(self.place, row.container, v=volumes)
        self.place.records.forget(row.container)

    async def pause(self, row: Row, *, paused: bool) -> None:
        await self._call(
            lambda client: client.pause(row.container) if paused else client.unpause(row.container)
        )
        await self.place.engine.look_at(row.container)

    def runs(self, replica: Replica) -> bool:
        """Tell whether it runs as asked. Raises DevenvError where another one of it runs."""
        row = self.place.rows().get(replica.id)
        if row is None or not row.is_alive:
            return False
        record = self.place.records.get(row.container, Record(row.generation))
        if (row.fingerprint, record.generation) != (replica.fingerprint, replica.generation):
            raise DevenvError(f"{replica.service.name} still runs as it was asked for before")
        return True

    async def _made(self, row: Row | None, replica: Replica, report: Report) -> str:
        """The container to start: the one that is there if it is whole and the same, or a new one.

        Volumes without a name go from the old one to the new one.
        """
        if row is not None and row.started and await self._is_same(row, replica):
            return row.container
        inherited: Mapping[str, str] = {}
        creator = Creator(self.place)
        service = replica.service
        try:
            await creator.have_image(service.name, service.definition, report)
        except NotPulledError as error:
            if service.process is None:
                raise
            raise DevenvError(error.message, f"{error.hint}; {OR_AS_PROCESS}") from error
        if row is not None:
            inherited = await creator.nameless_volumes(row)
            await self.remove(row, volumes=False)
        return await creator.create(replica, inherited)

    async def _is_same(self, row: Row, replica: Replica) -> bool:
        """Tell whether it is of the definition, and of the image as it was built last."""
        if row.fingerprint != replica.fingerprint:
            return False
        if not replica.service.definition.get("build"):
            return True
        now = await self.place.engine.images.id_of(row.image_name)
        return now in {"", row.image}

    async def _call(self, work: Any) -> Any:
        return await self.place.engine.connection.call(work)
