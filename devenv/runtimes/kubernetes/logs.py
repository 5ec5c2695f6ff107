"""What the pods of a service write, as it comes, from where it was left."""

from __future__ import annotations

import asyncio
import logging
from calendar import timegm
from collections.abc import AsyncIterator, Callable
from functools import lru_cache

import aiohttp

from devenv.errors import DevenvError
from devenv.model.environment import ReplicaId
from devenv.runtimes.kubernetes.cache import Object
from devenv.runtimes.kubernetes.connection import Waiting
from devenv.runtimes.kubernetes.errors import AwayError
from devenv.runtimes.kubernetes.place import Place
from devenv.runtimes.kubernetes.resources import POD, name_of, uid_of
from devenv.runtimes.kubernetes.rows import has_begun, is_over
from devenv.runtimes.kubernetes.silence import away
from devenv.runtimes.protocol import Chunk

OUTPUT = 1
"""The stream: a cluster keeps both together."""
READ = 64 * 1024
QUIET = Waiting(beginning=None, silence=6 * 3600.0)
"""The answer begins with the first line; one that has nothing to say is asked anew after hours."""
AGAIN = 0.5
"""Seconds until a log that has ended is asked for again: its container may be restarted."""


async def follow(
    place: Place, replica: ReplicaId, since: int, ended: Callable[[], bool]
) -> AsyncIterator[list[Chunk]]:
    """Yield the lines of all pods, until ``ended`` says that no other pod will come."""
    namespace = place.need()
    queue: asyncio.Queue[list[Chunk] | None] = asyncio.Queue(maxsize=64)
    followed: set[str] = set()

    def fresh() -> list[Object]:
        begun = [pod for pod in place.pods(replica) if has_begun(pod)]
        return [pod for pod in begun if uid_of(pod) not in followed]

    async def look() -> None:
        async with asyncio.TaskGroup() as following:
            while fresh() or not ended():
                for pod in fresh():
                    followed.add(uid_of(pod))
                    one = _Pod(place, replica, namespace, pod)
                    following.create_task(one.follow(since, queue))
                await place.server.cache.until(lambda: bool(fresh()) or ended(), 60.0)
        await queue.put(None)

    looking = asyncio.create_task(look())
    try:
        while not looking.done() or not queue.empty():
            chunks = await _next(queue, looking)
            if chunks is None:
                break
            yield chunks
        if looking.done() and not looking.cancelled():
            looking.result()
    finally:
        looking.cancel()


async def _next(
    queue: asyncio.Queue[list[Chunk] | None], looking: asyncio.Task[None]
) -> list[Chunk] | None:
    """The next lines; None when there are no more, or when looking for them has failed."""
    getting = asyncio.create_task(queue.get())
    done, _ = await asyncio.wait({getting, looking}, return_when=asyncio.FIRST_COMPLETED)
    if getting in done:
        return getting.result()
    getting.cancel()
    return None if queue.empty() else queue.get_nowait()


class _Pod:
    """One pod's log, across the restarts of its container; another pod of its name is not it."""

    def __init__(self, place: Place, replica: ReplicaId, namespace: str, pod: Object) -> None:
        self._place = place
        self._replica = replica
        self._name, self._uid = name_of(pod), uid_of(pod)
        self._path = POD.path(namespace, self._name, "log")

    async def follow(self, since: int, queue: asyncio.Queue[list[Chunk] | None]) -> None:
        """Go on until it has ended; where it breaks off or is refused, from there."""
        while self._there() is not None:
            whole = True
            try:
                async for chunks in self._once(since):
                    await queue.put(chunks)
                    since = chunks[-1].time
            except DevenvError as error:
                logging.info("the log of %s: %s", self._name, error.message)
                whole = not isinstance(error, AwayError)
            there = self._there()
            if whole and (there is None or is_over(there)):
                return
            await asyncio.sleep(AGAIN)

    def _there(self) -> Object | None:
        pods = self._place.pods(self._replica)
        return next((pod for pod in pods if uid_of(pod) == self._uid), None)

    async def _once(self, since: int) -> AsyncIterator[list[Chunk]]:
        """What is written until the container ends."""
        lines = Lines(since)
        try:
            async for data in self._bytes(since):
                if chunks := lines.feed(data):
                    yield chunks
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise away(self._place.server.connection.cluster, error) from error

    async def _bytes(self, since: int) -> AsyncIterator[bytes]:
        query = {"follow": "true", "timestamps": "true"}
        if since:
            query["sinceTime"] = stamp_of(since)
        connection = self._place.server.connection
        async with connection.open("GET", self._path, query=query, waiting=QUIET) as answer:
            async for data in answer.content.iter_any():
                yield data


class Lines:
    """Takes bytes as they come, gives whole lines that are newer than ``after`` (nanoseconds)."""

    def __init__(self, after: int = 0) -> None:
        self._after = after
        self._rest = b""

    def feed(self, data: bytes) -> list[Chunk]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        found: list[Chunk] = []
        for line in lines:
            stamp, _, text = line.partition(b" ")
            at = nanoseconds(stamp)
            if at > self._after:
                found.append(Chunk(OUTPUT, at, text + b"\n"))
        return found


def nanoseconds(stamp: bytes) -> int:
    """``2026-01-02T03:04:05.123456789Z`` in nanoseconds since the epoch; 0: it is none."""
    try:
        fraction = stamp[20:-1]
        return _second(stamp[:19]) + int(fraction.ljust(9, b"0") if fraction else 0)
    except ValueError:
        return 0


def stamp_of(moment: int) -> str:
    """Nanoseconds since the epoch as the API writes them."""
    from datetime import UTC, datetime

    whole = datetime.fromtimestamp(moment // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{moment % 10**9:09}Z"


@lru_cache(maxsize=64)
def _second(text: bytes) -> int:
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    hour, minute, second = int(text[11:13]), int(text[14:16]), int(text[17:19])
    return timegm((year, month, day, hour, minute, second)) * 1_000_000_000
