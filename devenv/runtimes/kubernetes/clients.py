"""Clients of one server: one at a time, another once its credentials are refused."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from weakref import WeakSet

import aiohttp
from kubernetes.aio.client import ApiClient

from devenv.errors import DevenvError
from devenv.model.preview import Cluster
from devenv.runtimes.kubernetes import plugins
from devenv.runtimes.kubernetes.errors import AwayError, LoginError
from devenv.runtimes.kubernetes.kubeconfig import open_client, plugin_in
from devenv.runtimes.kubernetes.plugins import Credential, Mode, Plugin

AGAIN = 60.0
"""Seconds until a plugin that may want a terminal is tried without one for the next who asks."""


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


@dataclass(frozen=True, slots=True)
class Login:
    """What a person has to do for credentials, and ``why`` nobody else can."""

    cluster: str
    plugin: Plugin
    why: str = ""

    def error(self) -> LoginError:
        said = f" ({self.why})" if self.why else ""
        return LoginError(
            f"the log-in to {self.cluster} by {self.plugin.name} needs a terminal{said}: "
            f"devenv cluster check {self.cluster}",
            {
                "cluster": self.cluster,
                "command": list(self.plugin.command),
                "environment": self.plugin.variables(interactive=True),
                "hint": self.plugin.hint,
            },
        )


class Credentials:
    """Where those of one cluster come from: its kubeconfig, a plugin of it, or a person.

    ``login`` is None while nobody has to do anything for them.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._given: Credential | None = None
        self._attempt: asyncio.Task[Credential] | None = None
        self._tried, self._again = -math.inf, False
        self.login: Login | None = None

    async def take(self, output: str) -> None:
        """What a person's run of the plugin has printed. DevenvError: that is of no use."""
        plugin = await asyncio.to_thread(plugin_in, self._cluster)
        if plugin is None:
            raise DevenvError(f"{self._cluster.name} needs no log-in")
        self._given, self.login = plugins.credential(plugin, output), None
        if self._attempt is not None:
            self._attempt.cancel()

    def ask(self) -> bool:
        """Have a plugin that has failed tried once more, for somebody who asks now.

        Whether it will be: it may open a browser each time.
        """
        waits = asyncio.get_running_loop().time() - self._tried < AGAIN
        may_help = self.login is not None and self.login.plugin.mode is Mode.IF_AVAILABLE
        self._again = may_help and not waits
        return self._again

    async def get(self) -> Credential | None:
        """Fresh ones; None: they are in the kubeconfig itself. LoginError, AwayError."""
        plugin = await asyncio.to_thread(plugin_in, self._cluster)
        found = await self._ask(plugin) if plugin and self._given is None else None
        given, self._given, self.login = self._given, None, None
        return given or found

    async def _ask(self, plugin: Plugin) -> Credential | None:
        """What a plugin gives without a terminal; None: a person was faster."""
        if self.login is not None and self.login.plugin != plugin:
            self.login = None
        if plugin.mode is Mode.ALWAYS or (self.login is not None and not self._again):
            self.login = self.login or Login(self._cluster.name, plugin)
            raise self.login.error()
        self._tried, self._again = asyncio.get_running_loop().time(), False
        self._attempt = asyncio.create_task(plugins.run(plugin))
        try:
            return await self._attempt
        except (asyncio.CancelledError, DevenvError) as error:
            if self._given is not None:
                return None
            if isinstance(error, asyncio.CancelledError):
                raise
            raise self._failed(plugin, error) from error

    def _failed(self, plugin: Plugin, error: DevenvError) -> AwayError:
        if plugin.mode is Mode.NEVER:
            return AwayError(f"{plugin.name} fails: {error.message}", error.hint)
        self.login = Login(self._cluster.name, plugin, error.message)
        return self.login.error()


class Clients:
    """The newest is given to all who ask; one before it is closed when nobody uses it."""

    def __init__(self, cluster: Cluster) -> None:
        self.credentials = Credentials(cluster)
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
            api = await open_client(self._cluster, await self.credentials.get())
        finally:
            self._opening = None
        if self._newest is not None:
            self._before.append(self._newest)
        self._newest = Client(api)
        unused = [client for client in self._before if not client.is_used]
        self._before = [client for client in self._before if client.is_used]
        for client in unused:
            await client.api.close()
