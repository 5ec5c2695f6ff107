"""The process runtime: the contract of a runtime, by way of a keeper for each environment."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from devenv.errors import DevenvError
from devenv.keeper.mark import keeper_mark
from devenv.model.environment import EnvironmentId, ReplicaId
from devenv.model.plan import Start, StopUnit
from devenv.runtimes.process.keepers import Keepers, see_off
from devenv.runtimes.process.link import KeeperEndedError, Link
from devenv.runtimes.process.rows import unit_of
from devenv.runtimes.process.sampling import sample
from devenv.runtimes.process.strays import dead_keepers, end_strays
from devenv.runtimes.protocol import Capability, Client, Look, Preparation, Report, Sample

KEEPER_DIED = "the keeper of its processes ended"


class ProcessRuntime:
    """``log_folder`` gives where an environment's logs lie, ``log_quota`` their bytes in all."""

    name = "process"
    capabilities = Capability.EXEC | Capability.ATTACH | Capability.OUTLIVES_DAEMON

    def __init__(
        self,
        *,
        runtime_folder: str,
        log_folder: Callable[[EnvironmentId], str],
        log_quota: Callable[[EnvironmentId], int],
    ) -> None:
        self._folder = runtime_folder
        self._keepers = Keepers(runtime_folder)
        self._log_folder = log_folder
        self._log_quota = log_quota
        self._links: dict[EnvironmentId, Link] = {}
        self._lost: set[EnvironmentId] = set()
        self._away: dict[EnvironmentId, str] = {}
        self._hints: asyncio.Queue[EnvironmentId] = asyncio.Queue()
        self._hinted: set[EnvironmentId] = set()
        self._burials: dict[EnvironmentId, asyncio.Task[None]] = {}

    async def adopt(self) -> Mapping[EnvironmentId, Preparation]:
        """Connect to every keeper that lives, and end what dead ones have left.

        Returns what each was told by ``prepare``; one that never was is let go.
        """
        found = await asyncio.gather(*(self._find(one) for one in self._keepers.known()))
        living = [*self._links, *self._away]
        await end_strays(await asyncio.to_thread(dead_keepers, self._folder, living))
        return {one: preparation for one, preparation in found if preparation is not None}

    async def observe(self, environment: EnvironmentId) -> Look:
        link = self._links.get(environment)
        lost = KEEPER_DIED if environment in self._lost else ""
        self._lost.discard(environment)
        if link is None:
            return Look(away=self._away.get(environment, ""), lost=lost)
        if link.ended.is_set():
            return Look({}, link.prepared, away=KEEPER_DIED)
        units = {key: unit_of(key, row) for key, row in link.rows.items()}
        return Look(units, link.prepared, lost=lost)

    async def changes(self) -> AsyncIterator[EnvironmentId]:
        while True:
            environment = await self._hints.get()
            self._hinted.discard(environment)
            yield environment

    async def prepare(
        self, environment: EnvironmentId, preparation: Preparation, report: Report
    ) -> None:
        await self._buried(environment)
        link = self._links.get(environment)
        if link is None:
            link = await self._assign(environment)
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
        replica = step.replica
        process = replica.service.process
        if process is None:
            raise DevenvError(f"{replica.service.name} has no command for this machine")
        folder = Path(self._log_folder(environment)) / f"{replica.service.name}.{replica.index}"
        unit = {
            "service": replica.service.name,
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
            "quota": replica.service.log_quota,
        }
        await self._link(environment).request("start", unit=unit)

    async def stop(self, environment: EnvironmentId, step: StopUnit) -> None:
        key, link = step.unit.id, self._links.get(environment)
        if link is None:
            return
        try:
            await link.request(
                "stop", service=key.service, index=key.index, signal=step.signal, grace=step.grace
            )
        except KeeperEndedError:
            await self._buried(environment)

    async def remove(self, environment: EnvironmentId, replica: ReplicaId) -> None:
        link = self._links.get(environment)
        if link is not None:
            await link.request("remove", service=replica.service, index=replica.index)
            link.rows.pop(replica, None)

    async def discard(self, environment: EnvironmentId) -> None:
        link = self._links.pop(environment, None)
        if link is not None:
            with suppress(KeeperEndedError):
                await link.request("discard")
            await link.ended.wait()
            await see_off(link.pid)
        await end_strays({keeper_mark(self._folder, environment)})

    async def samples(self, environment: EnvironmentId) -> Mapping[ReplicaId, Sample]:
        link = self._links.get(environment)
        if link is None:
            return {}
        alive = {k: row for k, row in link.rows.items() if row["lingering"] or not row["exit"]}
        return await asyncio.to_thread(sample, link.pid, alive)

    async def attach(
        self, environment: EnvironmentId, replica: ReplicaId, *, columns: int, rows: int
    ) -> socket.socket:
        """Return a socket of frames (docs/api.md) to the terminal of a replica."""
        descriptor = await self._link(environment).request_descriptor(
            "attach", service=replica.service, index=replica.index, columns=columns, rows=rows
        )
        return socket.socket(fileno=descriptor)

    def warm(self) -> None:
        """Be ready to give the next environment its keeper at once."""
        self._keepers.warm()

    def close(self) -> None:
        """Leave; keepers of environments live on."""
        for link in self._links.values():
            link.close()
        for task in self._burials.values():
            task.cancel()
        self._keepers.close(all_gone=not self._links)

    def _link(self, environment: EnvironmentId) -> Link:
        link = self._links.get(environment)
        if link is None:
            raise DevenvError("it has no keeper")
        return link

    async def _assign(self, environment: EnvironmentId) -> Link:
        quota = self._log_quota(environment)
        try:
            link = await self._keepers.assign(environment, quota, self._listener(environment))
        except TimeoutError as error:
            raise DevenvError("a keeper was started and does not answer") from error
        self._links[environment] = link
        return link

    async def _find(
        self, environment: EnvironmentId
    ) -> tuple[EnvironmentId, Preparation | None]:
        """Take up an environment again, if its keeper lives and was told what to do."""
        try:
            link = await self._keepers.find(environment, self._listener(environment))
        except TimeoutError:
            self._away[environment] = "its keeper does not answer"
            return environment, None
        if link is None:
            return environment, None
        self._links[environment] = link
        if not link.prepared:
            await self.discard(environment)
            return environment, None
        return environment, _preparation((await link.request("recall"))["prepared"])

    def _listener(self, environment: EnvironmentId) -> Callable[[], None]:
        return lambda: self._changed(environment)

    def _changed(self, environment: EnvironmentId) -> None:
        link = self._links.get(environment)
        if link is not None and link.ended.is_set() and environment not in self._burials:
            burial = asyncio.create_task(self._bury(environment, link))
            self._burials[environment] = burial
        self._hint(environment)

    def _hint(self, environment: EnvironmentId) -> None:
        if environment not in self._hinted:
            self._hinted.add(environment)
            self._hints.put_nowait(environment)

    async def _bury(self, environment: EnvironmentId, link: Link) -> None:
        """Its keeper died: end what it has left before anything of it is started again."""
        await see_off(link.pid)
        await end_strays({keeper_mark(self._folder, environment)})
        self._links.pop(environment, None)
        self._lost.add(environment)
        self._burials.pop(environment, None)
        self._hint(environment)

    async def _buried(self, environment: EnvironmentId) -> None:
        burial = self._burials.get(environment)
        if burial is not None:
            await asyncio.wait([burial])


def _preparation(kept: Mapping[str, Any]) -> Preparation:
    client = Client(kept["directory"], kept["umask"], kept["environment"])
    return Preparation(kept["fingerprint"], client, kept["memory"].encode("latin-1"))
