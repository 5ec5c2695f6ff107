"""What the containers of the fake's pods have written, and go on to write."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress

from aiohttp import web

from tests.fakes.store import Key, Object, Store


class Logs:
    """Each line by the UID of its pod; a pod's log ends when the pod is gone."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._written: dict[str, list[bytes]] = {}
        self._minutes = itertools.count()
        self._open: list[web.Request] = []

    def write(self, pod: Object, text: str) -> None:
        """Let a pod write a line."""
        stamp = f"2027-01-15T08:{next(self._minutes):02}:00.000000001Z"
        self._written.setdefault(_uid(pod), []).append(f"{stamp} {text}\n".encode())
        self._store.news.set()
        self._store.news = asyncio.Event()

    def cut(self) -> None:
        """Let all answers break off where they are."""
        for request in self._open:
            assert request.transport is not None
            request.transport.abort()

    async def follow(self, request: web.Request, key: Key, pod: Object) -> web.StreamResponse:
        """Answer with all lines after ``sinceTime``, until the pod is gone or we are left."""
        response = web.StreamResponse()
        await response.prepare(request)
        since = request.query.get("sinceTime", "").encode()
        told = 0
        self._open.append(request)
        with suppress(ConnectionError):
            while True:
                news = self._store.news
                lines = self._written.get(_uid(pod), [])
                if fresh := b"".join(one for one in lines[told:] if one > since):
                    await response.write(fresh)
                told = len(lines)
                there = self._store.objects.get(key)
                if there is None or _uid(there) != _uid(pod):
                    break
                await news.wait()
        self._open.remove(request)
        return response


def _uid(pod: Object) -> str:
    found: str = pod["metadata"]["uid"]
    return found
