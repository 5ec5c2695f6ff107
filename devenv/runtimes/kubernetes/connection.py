"""The way to one API server: requests, streams, sockets. Loads the kubernetes package."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio.client import ApiClient

from devenv.model.preview import Cluster
from devenv.runtimes.kubernetes.errors import AwayError, RefusedError
from devenv.runtimes.kubernetes.kubeconfig import open_client

CONNECTS_WITHIN, ANSWERS_WITHIN = 5.0, 30.0
TRIES = 7
LONGEST_WAIT = 10.0
"""Seconds between two tries, whatever a server asks for."""
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
PING_EVERY = 15.0
CLOCKS_MAY_DIFFER = 5.0
"""Seconds: an answer takes time, and says its own in whole ones."""
_AGAIN = frozenset({429, 500, 502, 503, 504})


class Connection:
    """One server. Credentials that it no longer takes are got anew, once for all who ask.

    ``ahead``: seconds that its clock is ahead of ours, as its answers say.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.ahead = 0.0
        self._client: ApiClient | None = None
        self._opening: asyncio.Task[ApiClient] | None = None
        self._retired: list[ApiClient] = []

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
        response, refused = None, None
        for _ in range(2):
            client = await self._ready(refused)
            answer = await client.rest_client.request(
                method,
                self._url(client, path, query),
                headers={**await _credentials(client), "Content-Type": _form(method, query)},
                body=body,
                _request_timeout=timeout,
            )
            response = answer.response
            if response.status != 401 or refused is not None:
                break
            response.release()
            refused = client
        assert response is not None
        self.ahead = _ahead(response.headers.get("Date", ""), self.ahead)
        try:
            if response.status >= 400:
                raise _refusal(response.status, await response.read(), response.headers, method)
            yield response
        finally:
            response.close()

    async def socket(
        self, path: str, query: list[tuple[str, str]], protocol: str
    ) -> aiohttp.ClientWebSocketResponse:
        """Open a WebSocket that speaks ``protocol``. AwayError, RefusedError."""
        client = await self._ready()
        rest = client.rest_client
        rest.pool_manager = rest.pool_manager or rest._create_pool_manager()
        url = self._url(client, path, None).replace("http", "ws", 1)
        try:
            return await rest.pool_manager.ws_connect(
                f"{url}?{urlencode(query)}",
                protocols=(protocol,),
                headers=await _credentials(client),
                heartbeat=PING_EVERY,
                max_msg_size=0,
                proxy=rest.proxy,
            )
        except aiohttp.WSServerHandshakeError as error:
            raise RefusedError(
                error.status, "", f"{path}: the server says {error.status}"
            ) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _away(error) from error

    async def close(self) -> None:
        clients = [*self._retired, *([self._client] if self._client else [])]
        self._client, self._retired = None, []
        for client in clients:
            await client.close()

    async def _ready(self, refused: ApiClient | None = None) -> ApiClient:
        """The client; another one than that whose credentials were ``refused``."""
        if self._client is not None and self._client is not refused:
            return self._client
        if self._opening is None:
            self._opening = asyncio.create_task(self._opened())
        return await asyncio.shield(self._opening)

    async def _opened(self) -> ApiClient:
        """Take the place of the client before, which those who still use it may end with."""
        try:
            before, self._client = self._client, await open_client(self.cluster)
        finally:
            self._opening = None
        if before is not None:
            await self._retire(before)
        return self._client

    async def _retire(self, client: ApiClient) -> None:
        """Let who still uses the client before go on with it, but not that of two before."""
        for one in self._retired:
            await one.close()
        self._retired = [client]

    @staticmethod
    def _url(client: ApiClient, path: str, query: Mapping[str, Any] | None) -> str:
        asked = f"?{urlencode(query)}" if query else ""
        return f"{client.configuration.host}{path}{asked}"


class TryAgainError(Exception):
    """What is asked again after ``after`` seconds (0: as we like), and what it was refused with."""

    def __init__(self, cause: RefusedError, after: float) -> None:
        super().__init__()
        self.cause = cause
        self.after = after


def _form(method: str, query: Mapping[str, Any] | None) -> str:
    """A patch with a field manager is an apply, any other one a merge."""
    if method != "PATCH":
        return "application/json"
    return APPLY if "fieldManager" in (query or {}) else MERGE


async def _credentials(client: ApiClient) -> dict[str, str]:
    settings = await client.configuration.auth_settings()
    return {one["key"]: one["value"] for one in settings.values() if one["value"]}


def _refusal(
    status: int, body: bytes, headers: Mapping[str, str], method: str
) -> RefusedError | TryAgainError:
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
