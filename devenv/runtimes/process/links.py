"""The keeper of each environment: given, found again, let go, and buried when it dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import Any

from devenv.errors import DevenvError
from devenv.keeper.mark import keeper_mark
from devenv.model.environment import EnvironmentId
from devenv.runtimes.process.keepers import Keepers, see_off
from devenv.runtimes.process.link import KeeperEndedError, Link
from devenv.runtimes.process.strays import dead_keepers, end_strays
from devenv.runtimes.protocol import Client, Preparation

KEEPER_SILENT = "its keeper does not answer"
PATIENCE = 2.0
"""Seconds that a new daemon waits for keepers before it goes on without them."""
Adopted = tuple[EnvironmentId, Preparation | None]


class Links:
    """``away`` says of an environment why its keeper cannot be asked.

    ``lost`` has those whose keeper died, from the moment that nothing of it is left.
    """

    def __init__(self, runtime_folder: str) -> None:
        self.away: dict[EnvironmentId, str] = {}
        self.lost: set[EnvironmentId] = set()
        self.keepers = Keepers(runtime_folder)
        self._folder = runtime_folder
        self._links: dict[EnvironmentId, Link] = {}
        self._hints: asyncio.Queue[EnvironmentId] = asyncio.Queue()
        self._hinted: set[EnvironmentId] = set()
        self._burials: dict[EnvironmentId, asyncio.Task[None]] = {}
        self._late: set[asyncio.Task[Adopted]] = set()

    def get(self, environment: EnvironmentId) -> Link | None:
        return self._links.get(environment)

    def need(self, environment: EnvironmentId) -> Link:
        """Return the link of an environment that was prepared."""
        link = self._links.get(environment)
        if link is None:
            raise DevenvError("it has no keeper")
        return link

    async def find_all(self) -> Mapping[EnvironmentId, Preparation]:
        """Connect to every keeper that lives, and end what dead ones have left.

        Returns what each was told by ``prepare``; one that never was is let go. Of those that do
        not answer soon, ``late`` tells.
        """
        known = self.keepers.known()
        tasks = {one: asyncio.create_task(self._find(one)) for one in known}
        if tasks:
            await asyncio.wait(tasks.values(), timeout=PATIENCE)
        self.away = {one: KEEPER_SILENT for one, task in tasks.items() if not task.done()}
        self._late = {tasks[one] for one in self.away}
        living = [*self._links, *self.away]
        await end_strays(await asyncio.to_thread(dead_keepers, self._folder, living))
        found = [task.result() for task in tasks.values() if task not in self._late]
        return {one: preparation for one, preparation in found if preparation is not None}

    async def late(self) -> AsyncIterator[Adopted]:
        """Yield what a keeper was told that did not answer at first; None: it has ended."""
        for answer in asyncio.as_completed(self._late):
            environment, preparation = await answer
            self.away.pop(environment, None)
            if environment not in self._links:
                await end_strays({keeper_mark(self._folder, environment)})
            self._hint(environment)
            yield environment, preparation

    async def give(self, environment: EnvironmentId, quota: int) -> Link:
        """Return the link of an environment; it is given a keeper if it has none."""
        await self.buried(environment)
        link = self._links.get(environment)
        if link is None:
            try:
                link = await self.keepers.assign(environment, quota, self._listener(environment))
            except TimeoutError as error:
                raise DevenvError("a keeper was started and does not answer") from error
            self._links[environment] = link
        return link

    async def let_go(self, environment: EnvironmentId) -> None:
        """Have the keeper end everything, and itself; absent is success, silent is not."""
        if environment in self.away:
            raise DevenvError(self.away[environment])
        link = self._links.pop(environment, None)
        if link is not None:
            with suppress(KeeperEndedError):
                await link.request("discard")
            await link.ended.wait()
            await see_off(link.pid)
        await end_strays({keeper_mark(self._folder, environment)})

    async def buried(self, environment: EnvironmentId) -> None:
        """If the keeper has died, wait until nothing of it is left."""
        burial = self._burials.get(environment)
        if burial is not None:
            await asyncio.wait([burial])

    async def changes(self) -> AsyncIterator[EnvironmentId]:
        """Yield an environment whenever its keeper told of a change; several count as one."""
        while True:
            environment = await self._hints.get()
            self._hinted.discard(environment)
            yield environment

    def close(self) -> None:
        """Disconnect; the keepers live on."""
        for task in (*self._burials.values(), *self._late):
            task.cancel()
        for link in self._links.values():
            link.close()
        self.keepers.close(all_gone=not self._links)

    async def _find(self, environment: EnvironmentId) -> Adopted:
        link = self.keepers.find(environment, self._listener(environment))
        if link is None:
            return environment, None
        try:
            await link.greet()
            kept = (await link.request("recall"))["prepared"] if link.prepared else None
        except KeeperEndedError:
            return environment, None
        except asyncio.CancelledError:
            link.close()
            raise
        self._links[environment] = link
        if kept is None:
            self.away.pop(environment, None)
            await self.let_go(environment)
            return environment, None
        return environment, _preparation(kept)

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
        self._burials.pop(environment, None)
        self.lost.add(environment)
        self._hint(environment)


def _preparation(kept: Mapping[str, Any]) -> Preparation:
    client = Client(kept["directory"], kept["umask"], kept["environment"])
    return Preparation(kept["fingerprint"], client, kept["memory"].encode("latin-1"))
