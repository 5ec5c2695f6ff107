"""One engine, as far as it is ours: a cache of our containers, fed by hints and one list.

Events only say which container to look at again. After every gap in them the list is the repair.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId, ReplicaId
from devenv.runtimes.docker import names
from devenv.runtimes.docker.connection import (
    AwayError,
    Connection,
    RefusedError,
    away,
    failures,
)
from devenv.runtimes.docker.images import Images
from devenv.runtimes.docker.owners import Owners
from devenv.runtimes.docker.presence import Presence
from devenv.runtimes.docker.publishing import Publisher
from devenv.runtimes.docker.rows import Row, longest_up, owner_of, row_of

REPAIR = 60.0
"""Seconds after which the list is compared although no event came: a stream may have stalled."""
SLACK = 5.0
"""Seconds by which clocks may differ, and an engine be late to say how long something is up."""
FILTER = {"label": [names.ENVIRONMENT]}
Hint = Callable[[EnvironmentId], None]


class Engine:
    """``hint`` is called with each environment that is worth another look."""

    def __init__(self, connection: Connection, hint: Hint) -> None:
        self.connection = connection
        self.images = Images(connection)
        self.publisher = Publisher(connection, self.images)
        self.rows: dict[str, Row] = {}
        self.owners = Owners(hint)
        self._hint = hint
        self._dirty: set[str] = set()
        self._news = asyncio.Event()
        self._listener: _Listener | None = None
        self._task: asyncio.Task[None] | None = None
        self._presence = Presence()

    @property
    def away(self) -> str:
        """Why it cannot be asked; "" while it can."""
        return self._presence.away

    async def open(self) -> None:
        """Ask for all there is; from then on stay current. Raises AwayError, and goes on trying.

        One that is away is asked once more: what is known of it is older than the question.
        """
        if self._task is None:
            self._task = asyncio.create_task(self._keep_current())
        await self._presence.asked()
        if self.away:
            raise AwayError(self.away)

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._stop_listening()
        self.connection.close()

    def of(self, environment: EnvironmentId) -> Mapping[ReplicaId, Row]:
        """The containers of an environment by replica; of two for one, the one that is alive."""
        found: dict[ReplicaId, Row] = {}
        for row in self.rows.values():
            if row.environment == environment:
                other = found.get(row.replica)
                if other is None or (row.is_alive, row.started) > (other.is_alive, other.started):
                    found[row.replica] = row
        return found

    async def look_at(self, container: str) -> Row | None:
        """Look at one container now; None: it is gone."""
        try:
            inspected = await self.connection.call(
                lambda client: client.inspect_container(container)
            )
        except RefusedError as error:
            if error.status != 404:
                raise
            self.forget(container)
            return None
        row = row_of(inspected)
        if row is not None:
            self._put(row)
        elif (owner := owner_of(inspected)) is not None:
            self.owners.note(owner, running=inspected["State"]["Running"])
        return row

    def forget(self, container: str) -> None:
        self.owners.forget(container)
        row = self.rows.pop(container, None)
        if row is not None:
            self._hint(row.environment)

    def _put(self, row: Row) -> None:
        if self.rows.get(row.container) != row:
            self.rows[row.container] = row
            self._hint(row.environment)

    async def _keep_current(self) -> None:
        while True:
            try:
                await self._follow()
            except Exception as error:  # noqa: BLE001 - whatever it answered, it is asked again
                sure = isinstance(error, AwayError) and error.sure
                if self._presence.failed(_words(error), sure=sure):
                    self._hint_all()
            finally:
                self._stop_listening()
            await self._presence.pause()

    async def _follow(self) -> None:
        """Listen first, then list: what happens in between is a hint already."""
        self._listener = _Listener(self.connection, self._noted)
        await self._listener.ready()
        await self._repair()
        self._presence.is_back()
        self._hint_all()
        loop = asyncio.get_running_loop()
        repair_at = loop.time() + REPAIR
        while not self._listener.ended:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(repair_at):
                    await self._news.wait()
            if loop.time() >= repair_at:
                await self._repair()
                repair_at = loop.time() + REPAIR
            self._news.clear()
            dirty, self._dirty = self._dirty, set()
            await self._look_at_all(dirty)

    async def _repair(self) -> None:
        known = set(self.rows)  # what is made while the engine lists is no less there
        listed = await self.connection.call(
            lambda client: client.containers(all=True, filters=FILTER)
        )
        there = {one["Id"]: one for one in listed}
        for container in known - there.keys():
            self.forget(container)
        await self._look_at_all(key for key, one in there.items() if self._differs(one))

    def _differs(self, listed: Mapping[str, Any]) -> bool:
        row = self.rows.get(listed["Id"])
        status = str(listed["Status"])
        if row is None or row.status != listed["State"] or "(" in status:
            return True
        return row.is_alive and longest_up(status) + SLACK < time.time() - row.started

    async def _look_at_all(self, containers: Iterable[str]) -> None:
        await asyncio.gather(*(self.look_at(one) for one in containers if one))

    def _noted(self, container: str) -> None:
        self._dirty.add(container)
        self._news.set()

    def _hint_all(self) -> None:
        for environment in {row.environment for row in self.rows.values()}:
            self._hint(environment)
        self._hint(EnvironmentId(""))

    def _stop_listening(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()


def _words(error: Exception) -> str:
    if isinstance(error, DevenvError):
        return error.message
    logging.error("the engine is not understood", exc_info=error)
    return f"its answer is not understood: {error!r}"


class _Listener:
    """A thread that reads the engine's events; ``noted`` is called in the loop's thread."""

    def __init__(self, connection: Connection, noted: Callable[[str], None]) -> None:
        self.ended = False
        self._connection = connection
        self._noted = noted
        self._loop = asyncio.get_running_loop()
        self._begun: asyncio.Future[None] = self._loop.create_future()
        self._client: Any = None
        self._events: Any = None
        threading.Thread(target=self._run, name="docker-events", daemon=True).start()

    async def ready(self) -> None:
        """Wait until the stream is open. Raises AwayError."""
        await self._begun

    def close(self) -> None:
        with suppress(*failures(), AttributeError):
            if self._events is not None:
                self._events.close()
        if self._client is not None:
            self._client.close()

    def _run(self) -> None:
        try:
            self._client = self._connection.client()
            self._events = self._client.events(
                filters={"type": ["container"], **FILTER}, decode=True
            )
            self._tell(self._opened)
            for event in self._events:
                self._tell(self._noted, event["Actor"]["ID"])
        except Exception as error:  # noqa: BLE001 - whatever ended the stream, it is opened again
            self._tell(self._failed, error)
        finally:
            self._tell(self._over)

    def _tell(self, what: Callable[..., None], *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: we are leaving
            self._loop.call_soon_threadsafe(what, *arguments)

    def _opened(self) -> None:
        if not self._begun.done():
            self._begun.set_result(None)

    def _failed(self, error: Exception) -> None:
        if not self._begun.done():
            self._begun.set_exception(away(error, self._connection.address))

    def _over(self) -> None:
        self.ended = True
        self._noted("")
