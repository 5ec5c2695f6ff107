"""The process runtime: the contract of a runtime, by way of a keeper for each environment."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId, ReplicaId
from devenv.model.plan import Start, StopUnit
from devenv.model.unit import Exit, Unit
from devenv.runtimes.process.keepers import Keepers
from devenv.runtimes.process.link import Link
from devenv.runtimes.process.sampling import sample
from devenv.runtimes.process.strays import end_strays
from devenv.runtimes.protocol import Capability, Client, Look, Preparation, Report, Sample

KEEPER_DIED = "the keeper of its processes ended"
PREPARED_WITHIN = 10.0
"""Seconds that a keeper may take to start."""


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
        self._keepers = Keepers(runtime_folder)
        self._log_folder = log_folder
        self._log_quota = log_quota
        self._links: dict[EnvironmentId, Link] = {}
        self._lost: set[EnvironmentId] = set()
        self._hints: asyncio.Queue[EnvironmentId] = asyncio.Queue()
        self._hinted: set[EnvironmentId] = set()
        self._burials: set[asyncio.Task[int]] = set()

    async def adopt(self) -> Mapping[EnvironmentId, Preparation]:
        """Connect to every keeper that lives, and end what dead ones have left."""
        dead = []
        for environment in self._keepers.known():
            link = await self._keepers.find(environment, lambda e=environment: self._hint(e))  # type: ignore[misc]
            if link is None:
                dead.append(environment)
            else:
                self._links[environment] = link
        for environment in dead:
            await end_strays(environment, self._living())
        return {
            environment: _preparation((await link.request("recall"))["prepared"])
            for environment, link in self._links.items()
            if link.prepared
        }

    async def observe(self, environment: EnvironmentId) -> Look:
        link = self._links.get(environment)
        if link is not None and link.ended.is_set():
            self._bury(environment)
            link = None
        lost = KEEPER_DIED if environment in self._lost else ""
        self._lost.discard(environment)
        if link is None:
            return Look(lost=lost)
        units = {key: self._unit(key, row) for key, row in link.rows.items()}
        return Look(units, link.prepared, lost=lost)

    async def changes(self) -> AsyncIterator[EnvironmentId]:
        while True:
            environment = await self._hints.get()
            self._hinted.discard(environment)
            yield environment

    async def prepare(
        self, environment: EnvironmentId, preparation: Preparation, report: Report
    ) -> None:
        link = self._links.get(environment)
        if link is None:
            async with asyncio.timeout(PREPARED_WITHIN):
                await self._settle_burials()
                link = await self._keepers.assign(
                    environment, self._log_quota(environment), lambda: self._hint(environment)
                )
            self._links[environment] = link
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
        key = step.unit.id
        with suppress(KeyError):
            await self._links[environment].request(
                "stop", service=key.service, index=key.index, signal=step.signal, grace=step.grace
            )

    async def remove(self, environment: EnvironmentId, replica: ReplicaId) -> None:
        link = self._links.get(environment)
        if link is not None:
            await link.request("remove", service=replica.service, index=replica.index)
            link.rows.pop(replica, None)

    async def discard(self, environment: EnvironmentId) -> None:
        link = self._links.pop(environment, None)
        if link is not None:
            with suppress(DevenvError):
                await link.request("discard")
            await link.ended.wait()
            link.close()
        await end_strays(environment, self._living())

    async def samples(self, environment: EnvironmentId) -> Mapping[ReplicaId, Sample]:
        link = self._links.get(environment)
        if link is None:
            return {}
        alive = {key: row["pid"] for key, row in link.rows.items() if row["ended"] is None}
        return await asyncio.to_thread(sample, alive)

    async def attach(
        self, environment: EnvironmentId, replica: ReplicaId, *, columns: int, rows: int
    ) -> socket.socket:
        """Return a socket of frames (docs/api.md) to the terminal of a replica."""
        _, descriptor = await self._link(environment).request_descriptor(
            "attach", service=replica.service, index=replica.index, columns=columns, rows=rows
        )
        return socket.socket(fileno=descriptor)

    def warm(self) -> None:
        """Have a keeper ready for the next environment."""
        self._keepers.warm()

    def close(self) -> None:
        """Leave; keepers of environments live on."""
        for link in self._links.values():
            link.close()
        self._keepers.close()

    def _link(self, environment: EnvironmentId) -> Link:
        link = self._links.get(environment)
        if link is None:
            raise DevenvError("it has no keeper")
        return link

    def _living(self) -> frozenset[int]:
        return frozenset(link.pid for link in self._links.values() if not link.ended.is_set())

    def _hint(self, environment: EnvironmentId) -> None:
        if environment not in self._hinted:
            self._hinted.add(environment)
            self._hints.put_nowait(environment)

    def _bury(self, environment: EnvironmentId) -> None:
        """Its keeper died: end what it has left before anything of it is started again."""
        self._links.pop(environment).close()
        self._lost.add(environment)
        task = asyncio.create_task(end_strays(environment, self._living()))
        self._burials.add(task)
        task.add_done_callback(self._burials.discard)

    async def _settle_burials(self) -> None:
        if self._burials:
            await asyncio.wait(self._burials)

    def _unit(self, key: ReplicaId, row: Mapping[str, Any]) -> Unit:
        ended = row["ended"]
        return Unit(
            id=key,
            runtime=self.name,
            fingerprint=row["fingerprint"],
            generation=row["generation"],
            attempt=row["attempt"],
            restarts=row["restarts"],
            started=row["started"],
            pid=row["pid"],
            exit=None
            if ended is None
            else Exit(row["code"], ended, row["requested"], row["out_of_memory"]),
            stopping=row["stopping"],
            lingering=row["lingering"],
        )


def _preparation(kept: Mapping[str, Any]) -> Preparation:
    client = Client(kept["directory"], kept["umask"], kept["environment"])
    return Preparation(kept["fingerprint"], client, kept["memory"].encode("latin-1"))
