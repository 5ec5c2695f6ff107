"""The way to one API server: requests, streams, sockets. Loads the kubernetes package."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

import aiohttp

from devenv.model.preview import Cluster
from devenv.runtimes.kubernetes.clients import Client, Clients
from devenv.runtimes.kubernetes.errors import AwayError, RefusedError

CONNECTS_WITHIN, ANSWERS_WITHIN = 5.0, 30.0
TRIES = 7
LONGEST_WAIT = 10.0
"""Seconds between two tries, whatever a server asks for."""
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
PING_EVERY = 15.0
CLOCKS_MAY_DIFFER = 5.0
"""Seconds: an answer takes time, and says its own in whole ones."""
UNAUTHORIZED = 401
LOGINS = 3
"""How often credentials are got for one request: those of a short life may end on the way."""
_AGAIN = frozenset({429, 500, 502, 503, 504})

Query = Sequence[tuple[str, str]]
Asked = TypeVar("Asked")


class Connection:
    """One server. Credentials that it no longer takes are got anew, once for all who ask.

    ``ahead``: seconds that its clock is ahead of ours, as its answers say.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.ahead = 0.0
        self._clients = Clients(cluster)

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        tries: int = TRIES,
    ) -> dict[str, Any]:
        """Ask, and again where that may help: all that we ask for is harmless the second time.

        AwayError, RefusedError.
        """
        for attempt in range(tries):
            try:
                async with self.open(method, path, query=query, body=body) as response:
                    found: dict[str, Any] = json.loads(await response.read())
                    return found
            except TryAgainError as error:
                if attempt == tries - 1:
                    raise error.cause from None
                await asyncio.sleep(_pause(attempt, error.after))
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                if attempt == tries - 1:
                    raise _away(error) from error
                await asyncio.sleep(_pause(attempt, 0.0))
        raise AssertionError("unreachable: the last try returns or raises")

    @asynccontextmanager
    async def open(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        patience: float = ANSWERS_WITHIN,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask once and give the open answer. ``patience``: seconds of silence that are waited for.

        RefusedError; aiohttp's own errors, and TimeoutError.
        """
        timeout = aiohttp.ClientTimeout(None, sock_connect=CONNECTS_WITHIN, sock_read=patience)

        async def ask(client: Client) -> aiohttp.ClientResponse:
            answer = await client.api.rest_client.request(
                method,
                _url(client, path, query),
                headers={**await client.credentials(), "Content-Type": _form(method, query)},
                body=body,
                _request_timeout=timeout,
            )
            response: aiohttp.ClientResponse = answer.response
            self.ahead = _ahead(response.headers.get("Date", ""), self.ahead)
            if response.status < 400:
                return response
            async with response:
                raise _refusal(response.status, await response.read(), response.headers)

        with ExitStack() as using:
            response = await self._with_credentials(using, ask)
            try:
                yield response
            finally:
                response.close()

    async def socket(
        self, path: str, query: Query, protocol: str
    ) -> aiohttp.ClientWebSocketResponse:
        """Open a WebSocket that speaks ``protocol``. AwayError, RefusedError."""

        async def connect(client: Client) -> aiohttp.ClientWebSocketResponse:
            rest = client.api.rest_client
            rest.pool_manager = rest.pool_manager or rest._create_pool_manager()
            try:
                async with asyncio.timeout(ANSWERS_WITHIN):
                    socket = await rest.pool_manager.ws_connect(
                        _url(client, path, query).replace("http", "ws", 1),
                        protocols=(protocol,),
                        headers=await client.credentials(),
                        heartbeat=PING_EVERY,
                        max_msg_size=0,
                        proxy=rest.proxy,
                    )
            except aiohttp.WSServerHandshakeError as error:
                text = f"{path}: the server says {error.status}"
                raise RefusedError(error.status, "", text) from error
            client.keep_for(socket)
            return socket

        try:
            with ExitStack() as using:
                return await self._with_credentials(using, connect)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _away(error) from error

    async def close(self) -> None:
        await self._clients.close()

    async def _with_credentials(
        self, using: ExitStack, ask: Callable[[Client], Awaitable[Asked]]
    ) -> Asked:
        """Ask; with new credentials where these are refused. AwayError: these are too."""
        refused: Client | None = None
        for _ in range(LOGINS):
            client = await self._clients.get(refused)
            using.enter_context(client.use())
            try:
                return await ask(client)
            except RefusedError as error:
                if error.status != UNAUTHORIZED:
                    raise
                refused, said = client, error.message
        raise AwayError(f"the cluster does not take our credentials: {said}", "log in to it again")


class TryAgainError(Exception):
    """What is asked again after ``after`` seconds (0: as we like), and what it was refused with."""

    def __init__(self, cause: RefusedError, after: float) -> None:
        super().__init__()
        self.cause = cause
        self.after = after


def _url(client: Client, path: str, query: Mapping[str, Any] | Query | None) -> str:
    asked = f"?{urlencode(query)}" if query else ""
    return f"{client.api.configuration.host}{path}{asked}"


def _form(method: str, query: Mapping[str, Any] | None) -> str:
    """A patch with a field manager is an apply, any other one a merge."""
    if method != "PATCH":
        return "application/json"
    return APPLY if "fieldManager" in (query or {}) else MERGE


def _refusal(status: int, body: bytes, headers: Mapping[str, str]) -> RefusedError | TryAgainError:
    try:
        said = json.loads(body)
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    message = str(said.get("message") or f"the server answers {status}")
    error = RefusedError(status, str(said.get("reason") or ""), message)
    # A POST of a name is refused the second time, so it does no harm either.
    if status in _AGAIN:
        return TryAgainError(error, _seconds(headers.get("Retry-After", "")))
    return error


def _ahead(date: str, before: float) -> float:
    try:
        now = parsedate_to_datetime(date).timestamp() - time.time()
    except ValueError:
        return before
    now = now if abs(now) > CLOCKS_MAY_DIFFER else 0.0
    return now if abs(now - before) > CLOCKS_MAY_DIFFER else before


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() else 0.0


def _pause(attempt: int, asked: float) -> float:
    """Longer each time, with jitter, and never sooner than the server asks for."""
    longest = min(LONGEST_WAIT, 0.2 * 2.0**attempt)
    return min(LONGEST_WAIT, asked) + random.uniform(longest / 2, longest)


def _away(error: Exception) -> AwayError:
    said = str(error) or type(error).__name__
    return AwayError(f"the cluster does not answer: {said}", "devenv cluster check says more")
