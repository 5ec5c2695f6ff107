"""Clients of one server: one at a time, another once its credentials are refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakSet

import aiohttp
from kubernetes.aio.client import ApiClient

from devenv.model.preview import Cluster
from devenv.runtimes.kubernetes.kubeconfig import open_client


class Client:
    """One client with its credentials, and who uses it."""

    def __init__(self, api: ApiClient) -> None:
        self.api = api
        self._requests = 0
        self._sockets: WeakSet[aiohttp.ClientWebSocketResponse] = WeakSet()

    @property
    def is_used(self) -> bool:
        return self._requests > 0 or any(not socket.closed for socket in self._sockets)

    @contextmanager
    def use(self) -> Iterator[ApiClient]:
        """Keep it open meanwhile."""
        self._requests += 1
        try:
            yield self.api
        finally:
            self._requests -= 1

    def keep_for(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Keep it open until a socket that was opened with it is closed."""
        self._sockets.add(socket)

    async def credentials(self) -> dict[str, str]:
        """The headers that say who asks."""
        settings = await self.api.configuration.auth_settings()
        return {one["key"]: one["value"] for one in settings.values() if one["value"]}


class Clients:
    """The newest is given to all who ask; one before it is closed when nobody uses it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._newest: Client | None = None
        self._before: list[Client] = []
        self._opening: asyncio.Task[None] | None = None

    async def get(self, refused: Client | None = None) -> Client:
        """The newest; another one than that whose credentials were ``refused``.

        It is the caller's to ``use`` before anything else is awaited.
        """
        while self._newest is None or self._newest is refused:
            if self._opening is None:
                self._opening = asyncio.create_task(self._open())
            await asyncio.shield(self._opening)
        return self._newest

    async def close(self) -> None:
        every = [*self._before, *([self._newest] if self._newest else [])]
        self._newest, self._before = None, []
        for client in every:
            await client.api.close()

    async def _open(self) -> None:
        try:
            api = await open_client(self._cluster)
        finally:
            self._opening = None
        if self._newest is not None:
            self._before.append(self._newest)
        self._newest = Client(api)
        unused = [client for client in self._before if not client.is_used]
        self._before = [client for client in self._before if client.is_used]
        for client in unused:
            await client.api.close()
