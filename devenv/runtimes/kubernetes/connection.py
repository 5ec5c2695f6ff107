"""The way to one API server: requests, streams, sockets. Loads the kubernetes package."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import aiohttp

from devenv.errors import DevenvError
from devenv.model.preview import Cluster
from devenv.runtimes.kubernetes.clients import Client, Clients, Credentials
from devenv.runtimes.kubernetes.clock import Clock
from devenv.runtimes.kubernetes.errors import AwayError, LoginError, RefusedError
from devenv.runtimes.kubernetes.silence import away, refused

CONNECTS_WITHIN, ANSWERS_WITHIN = 5.0, 20.0
PATIENCE = 40.0
"""Seconds within which a request is tried again."""
LONGEST_PAUSE = 5.0
"""Seconds between two tries, unless a server asks for more."""
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
PING_EVERY = 15.0
UNAUTHORIZED, FORBIDDEN = 401, 403
LOGINS = 3
"""How often credentials are got for one request: those of a short life may end on the way."""
_AGAIN = frozenset({429, 500, 502, 503, 504})

Query = Sequence[tuple[str, str]]
Asked = TypeVar("Asked")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Seconds until an answer begins (None: whenever it does), and of silence in it."""

    beginning: float | None = ANSWERS_WITHIN
    silence: float = ANSWERS_WITHIN


class Connection:
    """One server. Credentials that it no longer takes are got anew, once for all who ask.

    ``hint`` is called when ``trouble`` has changed: why something is asked again and again now; ""
    when nothing is.
    """

    def __init__(self, cluster: Cluster, hint: Callable[[], None] = lambda: None) -> None:
        self.cluster = cluster
        self.clock = Clock()
        self._hint = hint
        self._troubles: dict[object, str] = {}
        self._clients = Clients(cluster)

    @property
    def credentials(self) -> Credentials:
        return self._clients.credentials

    @property
    def trouble(self) -> str:
        return next(iter(self._troubles.values()), "")

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        patience: float = PATIENCE,
    ) -> dict[str, Any]:
        """Ask, and again where that may help: all that we ask for is harmless the second time.

        ``patience``: seconds after which it is not asked again; 0: it is asked once. AwayError,
        RefusedError.
        """
        with self._telling() as tell:
            return await _again(
                lambda: _once(self, method, path, query=query, body=body), patience, tell
            )

    @contextmanager
    def _telling(self) -> Iterator[Callable[[str], None]]:
        """Let a request tell its troubles, for as long as it goes on."""
        mine = object()

        def tell(why: str) -> None:
            self._troubles[mine] = why
            self._hint()

        try:
            yield tell
        finally:
            if self._troubles.pop(mine, ""):
                self._hint()

    @asynccontextmanager
    async def open(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        waiting: Waiting = Waiting(),
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask once and give the open answer.

        AwayError, RefusedError; aiohttp's own errors, and TimeoutError.
        """
        timeout = aiohttp.ClientTimeout(
            None, sock_connect=CONNECTS_WITHIN, sock_read=waiting.silence
        )

        async def ask(client: Client) -> aiohttp.ClientResponse:
            asked = time.time()
            async with asyncio.timeout(waiting.beginning):
                answer = await client.api.rest_client.request(
                    method,
                    _url(client, path, query),
                    headers={**await client.credentials(), "Content-Type": _form(method, query)},
                    body=body,
                    _request_timeout=timeout,
                )
            response: aiohttp.ClientResponse = answer.response
            self.clock.hear(response.headers.get("Date", ""), asked)
            if response.status < 400:
                return response
            async with response:
                raise _refusal(self.cluster.name, response, await response.read())

        with ExitStack() as using:
            response = await self._with_credentials(using, ask)
            try:
                yield response
            finally:
                response.close()

    async def socket(
        self, path: str, query: Query, *protocols: str
    ) -> aiohttp.ClientWebSocketResponse:
        """Open a WebSocket that speaks one of ``protocols``. AwayError, RefusedError."""

        async def connect(client: Client) -> aiohttp.ClientWebSocketResponse:
            rest = client.api.rest_client
            rest.pool_manager = rest.pool_manager or rest._create_pool_manager()
            try:
                async with asyncio.timeout(ANSWERS_WITHIN):
                    socket = await rest.pool_manager.ws_connect(
                        _url(client, path, query).replace("http", "ws", 1),
                        protocols=protocols,
                        headers=await client.credentials(),
                        heartbeat=PING_EVERY,
                        max_msg_size=0,
                        proxy=rest.proxy,
                    )
            except aiohttp.WSServerHandshakeError as error:
                raise refused(self.cluster, path, error.status) from error
            client.keep_for(socket)
            return socket

        try:
            with ExitStack() as using:
                return await self._with_credentials(using, connect)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise away(self.cluster, error) from error

    async def close(self) -> None:
        await self._clients.close()

    async def _with_credentials(
        self, using: ExitStack, ask: Callable[[Client], Awaitable[Asked]]
    ) -> Asked:
        """Ask; with new credentials where these are refused. AwayError: these are too."""
        locked_out: Client | None = None
        for _ in range(LOGINS):
            client = await self._clients.get(locked_out)
            using.enter_context(client.use())
            try:
                return await ask(client)
            except RefusedError as error:
                if error.status != UNAUTHORIZED:
                    raise
                locked_out, said = client, error.message
        raise AwayError(
            f"the cluster {self.cluster.name} does not take our credentials: {said}",
            "log in to it again",
        )


async def _once(
    connection: Connection,
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None,
    body: object,
) -> dict[str, Any]:
    try:
        async with connection.open(method, path, query=query, body=body) as response:
            found: dict[str, Any] = json.loads(await response.read())
            return found
    except RefusedError as error:
        if error.status == FORBIDDEN and not await _is_ready(connection):
            name = connection.cluster.name
            raise AwayError(f"the cluster {name} has only just started: {error.message}") from error
        raise
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise away(connection.cluster, error) from error


async def _is_ready(connection: Connection) -> bool:
    """Tell whether it knows everybody's rights: at its start, it forbids before it does."""
    try:
        async with connection.open("GET", "/readyz"):
            return True
    except (DevenvError, aiohttp.ClientError, TimeoutError, OSError):
        return False


async def _again(
    ask: Callable[[], Awaitable[Asked]], patience: float, tell: Callable[[str], None]
) -> Asked:
    """Ask until there is an answer, or no patience is left; tell why it takes so long."""
    clock = asyncio.get_running_loop().time
    last = clock() + patience
    for attempt in itertools.count():
        try:
            return await ask()
        except LoginError:  # no time helps, and somebody may sit there who can
            raise
        except AwayError as error:
            pause = max(_pause(attempt), error.after)
            if clock() + pause >= last:
                raise
            tell(error.message)
        await asyncio.sleep(pause)
    raise AssertionError("unreachable: counting does not end")


def _url(client: Client, path: str, query: Mapping[str, Any] | Query | None) -> str:
    asked = f"?{urlencode(query)}" if query else ""
    return f"{client.api.configuration.host}{path}{asked}"


def _form(method: str, query: Mapping[str, Any] | None) -> str:
    """A patch with a field manager is an apply, any other one a merge."""
    if method != "PATCH":
        return "application/json"
    return APPLY if "fieldManager" in (query or {}) else MERGE


def _refusal(name: str, response: aiohttp.ClientResponse, body: bytes) -> RefusedError | AwayError:
    status = response.status
    try:
        said = json.loads(body)
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    message = str(said.get("message") or f"the server answers {status}")
    # A POST of a name is refused the second time, so it does no harm either.
    if status in _AGAIN:
        after = _seconds(response.headers.get("Retry-After", ""))
        return AwayError(f"the cluster {name} cannot answer now: {message}", after=after)
    return RefusedError(status, str(said.get("reason") or ""), message)


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() else 0.0


def _pause(attempt: int) -> float:
    """Longer each time, with jitter."""
    longest = min(LONGEST_PAUSE, 0.2 * 2.0 ** min(attempt, 10))
    return random.uniform(longest / 2, longest)
