"""The process runtime: the contract of a runtime, by way of a keeper for each environment."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId, ReplicaId
from devenv.model.plan import Start, StopUnit
from devenv.runtimes.process.link import KeeperEndedError
from devenv.runtimes.process.links import Links
from devenv.runtimes.process.rows import unit_of
from devenv.runtimes.process.sampling import sample
from devenv.runtimes.protocol import Capability, Look, Preparation, Report, Sample

KEEPER_DIED = "the keeper of its processes ended"


class ProcessRuntime:
    """``log_folder`` gives where an environment's logs lie."""

    name = "process"
    capabilities = Capability.EXEC | Capability.ATTACH | Capability.OUTLIVES_DAEMON

    def __init__(
        self,
        *,
        runtime_folder: str,
        log_folder: Callable[[EnvironmentId], str],
    ) -> None:
        self.links = Links(runtime_folder)
        self._log_folder = log_folder

    async def adopt(self) -> Mapping[EnvironmentId, Preparation]:
        """Take up again what earlier daemons have started, and end what dead keepers have left."""
        return await self.links.find_all()

    async def observe(self, environment: EnvironmentId) -> Look:
        links = self.links
        link = links.get(environment)
        lost = KEEPER_DIED if environment in links.lost else ""
        links.lost.discard(environment)
        if link is None:
            away = links.away.get(environment, "")
            return Look(away=away, prepared="unknown" if away else "", lost=lost)
        if link.ended.is_set():
            return Look({}, link.prepared, away=KEEPER_DIED)
        units = {key: unit_of(key, row) for key, row in link.rows.items()}
        return Look(units, link.prepared, lost=lost)

    def changes(self) -> AsyncIterator[EnvironmentId]:
        return self.links.changes()

    async def prepare(
        self, environment: EnvironmentId, preparation: Preparation, report: Report
    ) -> None:
        link = await self.links.give(environment, preparation.log_quota)
        client = preparation.client
        await link.request(
            "prepare",
            fingerprint=preparation.fingerprint,
            directory=client.directory,
            umask=client.umask,
            environment=dict(client.environment),
            memory=preparation.memory.decode("latin-1"),
        )
        link.prepared = preparation.fingerprint

    async def start(self, environment: EnvironmentId, step: Start, report: Report) -> None:
        """Start a unit. A program that cannot be run is a unit that has ended, and says why."""
        replica = step.replica
        service, process = replica.service, replica.service.process
        if process is None:
            raise DevenvError(f"{service.name} has no command for this machine")
        folder = Path(self._log_folder(environment)) / f"{service.name}.{replica.index}"
        unit = {
            "service": service.name,
            "index": replica.index,
            "fingerprint": replica.fingerprint,
            "generation": replica.generation,
            "attempt": step.attempt,
            "restarts": step.restarts,
            "command": list(process.command),
            "directory": process.directory,
            "environment": dict(process.environment),
            "tty": process.tty,
            "stdin": process.stdin,
            "log": str(folder),
            "quota": service.log_quota,
        }
        await self.links.need(environment).request("start", unit=unit)

    async def stop(self, environment: EnvironmentId, step: StopUnit, report: Report) -> None:
        key, link = step.unit.id, self.links.get(environment)
        if link is None:
            return
        try:
            await link.request(
                "stop", service=key.service, index=key.index, signal=step.signal, grace=step.grace
            )
        except KeeperEndedError:
            await self.links.buried(environment)

    async def pause(self, environment: EnvironmentId, replica: ReplicaId, *, paused: bool) -> None:
        raise DevenvError(f"{replica.service} is a host process, which cannot be paused")

    async def remove(self, environment: EnvironmentId, replica: ReplicaId) -> None:
        link = self.links.get(environment)
        if link is not None:
            await link.request("remove", service=replica.service, index=replica.index)
            link.rows.pop(replica, None)

    async def discard(self, environment: EnvironmentId, *, data: bool) -> None:
        await self.links.let_go(environment)

    async def samples(self, environment: EnvironmentId) -> Mapping[ReplicaId, Sample]:
        link = self.links.get(environment)
        if link is None:
            return {}
        alive = {k: row for k, row in link.rows.items() if row["lingering"] or not row["exit"]}
        return await asyncio.to_thread(sample, link.pid, alive)

    async def attach(
        self, environment: EnvironmentId, replica: ReplicaId, *, columns: int, rows: int
    ) -> socket.socket:
        """Return a socket of frames (docs/api.md) to the terminal of a replica."""
        descriptor = await self.links.need(environment).request_descriptor(
            "attach", service=replica.service, index=replica.index, columns=columns, rows=rows
        )
        return socket.socket(fileno=descriptor)

    def warm(self) -> None:
        """Be ready to give the next environment its keeper at once."""
        self.links.keepers.warm()

    def close(self) -> None:
        """Leave; keepers of environments live on."""
        self.links.close()
