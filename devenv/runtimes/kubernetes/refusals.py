"""Why no pod comes of a StatefulSet or a Job: only events say so, asked for while it lasts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

import aiohttp

from devenv.errors import DevenvError
from devenv.runtimes.kubernetes.cache import Cache, Object
from devenv.runtimes.kubernetes.connection import Connection
from devenv.runtimes.kubernetes.moments import moment
from devenv.runtimes.kubernetes.resources import EVENT, POD, uid_of
from devenv.runtimes.kubernetes.rows import Workload, lacks_pods, matching

USUAL = 2.0
"""Seconds that pods may take to come before anybody is asked."""
AGAIN = 5.0


class Refusals:
    """Those of one cluster; what is found is in its cache."""

    def __init__(self, connection: Connection, cache: Cache) -> None:
        self._connection = connection
        self._cache = cache
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def follow(self, workloads: Iterable[Workload]) -> None:
        """Find out about those that lack pods, until they do not."""
        self._tasks = {uid: task for uid, task in self._tasks.items() if not task.done()}
        for one in workloads:
            uid = uid_of(one.made)
            if lacks_pods(one) and uid not in self._tasks:
                self._tasks[uid] = asyncio.create_task(self._follow(one))

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _follow(self, workload: Workload) -> None:
        namespace, uid = workload.made["metadata"]["namespace"], uid_of(workload.made)

        def is_over() -> bool:
            there = (made for _, made in self._cache.workloads(namespace) if uid_of(made) == uid)
            made = next(there, None)
            if made is None:
                return True
            pods = matching(self._cache.all(POD, namespace), workload.id)
            return not lacks_pods(Workload(made, pods, workload.boot))

        pause = USUAL
        while not await self._cache.until(is_over, pause):
            self._cache.refuse(namespace, uid, await self._ask(workload, namespace))
            pause = AGAIN
        self._cache.refuse(namespace, uid, "")

    async def _ask(self, workload: Workload, namespace: str) -> str:
        """What was said last since it was started; "" where nothing was, or we may not know."""
        wanted = f"involvedObject.uid={uid_of(workload.made)},reason=FailedCreate"
        query = {"fieldSelector": wanted}
        path = EVENT.path(namespace)
        try:
            found = await self._connection.call("GET", path, query=query, patience=0.0)
        except (DevenvError, aiohttp.ClientError, OSError) as error:
            logging.info("events of %s: %s", namespace, error)
            return ""
        newest = max(found["items"], key=_at, default=None)
        # The API writes whole seconds.
        is_ours = newest is not None and _at(newest) >= int(workload.started)
        return str(newest.get("message") or "") if newest and is_ours else ""


def _at(event: Object) -> float:
    """When it was last so, in seconds since the epoch."""
    series = event.get("series") or {}
    stamps = (
        event.get("lastTimestamp"),
        series.get("lastObservedTime"),
        event.get("eventTime"),
        event["metadata"].get("creationTimestamp"),
    )
    return max((moment(str(one or "")) or 0.0 for one in stamps), default=0.0)
