"""The door to one engine: every call is made in a thread, and fails in our words."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from devenv.errors import DevenvError, TransientError
from devenv.runtimes.docker.address import Address
from devenv.runtimes.docker.tunnel import Tunnel

if TYPE_CHECKING:  # half of a daemon's start: loaded when the first engine is asked
    from docker import APIClient
    from docker.errors import APIError
    from docker.tls import TLSConfig

T = TypeVar("T")
THREADS = 16
PATIENCE = 60
"""Seconds that an engine has for an answer."""


class AwayError(TransientError):
    """The engine cannot be asked now. ``sure``: there is none; else a call of many broke off."""

    def __init__(self, message: str, *, sure: bool = False) -> None:
        super().__init__(message, "is the engine running?")
        self.sure = sure


class RefusedError(DevenvError):
    """The engine has answered no. ``status`` is HTTP's."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Connection:
    """Calls to one engine. The client is made at the first call.

    ``door`` is where to connect: the ``address``, or a socket of this machine that leads there.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        parts = urlsplit(address.url)
        self._tunnel = Tunnel(parts.netloc) if parts.scheme == "ssh" else None
        self.door = Address(self._tunnel.url) if self._tunnel else address
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="docker")
        self._registries = ThreadPoolExecutor(THREADS, thread_name_prefix="registries")
        self._client: APIClient | None = None

    async def call(self, work: Callable[[APIClient], T]) -> T:
        """Do ``work`` with the client. Raises AwayError or RefusedError."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._done, work)

    async def ask_registry(self, work: Callable[[APIClient], T]) -> T:
        """The same for what the engine asks a registry; a silent one keeps no other call waiting.

        A registry that does not answer in time is RefusedError.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._registries, self._asked, work)

    def _asked(self, work: Callable[[APIClient], T]) -> T:
        from requests import ReadTimeout

        def within(engine: APIClient) -> T:
            try:
                return work(engine)
            except ReadTimeout as error:
                status = HTTPStatus.GATEWAY_TIMEOUT
                raise RefusedError("its registry does not answer", status) from error

        return self._done(within)

    def _done(self, work: Callable[[APIClient], T]) -> T:
        try:
            if self._client is None:
                self._client = self.client()
            return work(self._client)
        except failures() as error:
            raise _in_our_words(error, self.address) from error

    def client(self) -> APIClient:
        """Connect: one call finds the version that both sides speak."""
        from devenv.runtimes.docker.client import Client

        _knock(self.door)
        return Client(
            base_url=self.door.url,
            version="auto",
            timeout=PATIENCE,
            tls=_tls(self.door),
            max_pool_size=THREADS,
        )

    def close(self) -> None:
        for pool in (self._pool, self._registries):
            pool.shutdown(wait=False, cancel_futures=True)
        if self._client is not None:
            self._client.close()
        if self._tunnel is not None:
            self._tunnel.close()


def _knock(door: Address) -> None:
    """Raise OSError where nobody listens: the library would leave its socket open then."""
    parts = urlsplit(door.url)
    if parts.scheme == "unix":
        with socket.socket(socket.AF_UNIX) as knocking:
            knocking.settimeout(PATIENCE)
            knocking.connect(parts.path)


def failures() -> tuple[type[Exception], ...]:
    """What a call of the library raises when the engine refuses, or cannot be asked."""
    from http.client import HTTPException
    from json import JSONDecodeError

    from docker.errors import DockerException
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    return DockerException, RequestException, HTTPError, HTTPException, JSONDecodeError, OSError


def _in_our_words(error: Exception, address: Address) -> DevenvError:
    from docker.errors import APIError

    if isinstance(error, APIError):
        return RefusedError(_said(error), error.status_code or 500)
    return away(error, address)


def _tls(address: Address) -> TLSConfig | bool:
    from docker.tls import TLSConfig

    folder = address.certificates
    if not folder:
        return False

    own = (os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem"))
    return TLSConfig(
        client_cert=own if os.path.exists(own[0]) else None,
        ca_cert=os.path.join(folder, "ca.pem") if address.verify else None,
        verify=address.verify,
    )


def _said(error: APIError) -> str:
    explanation: Any = error.explanation
    text = explanation.decode() if isinstance(explanation, bytes) else explanation
    return str(text or error)


def away(error: BaseException, address: Address) -> AwayError:
    """Say in words why an engine cannot be asked."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, FileNotFoundError):
            return AwayError(f"no engine listens at {address.url}", sure=True)
        if isinstance(found, PermissionError):
            return AwayError(f"no permission to use {address.url}", sure=True)
        if isinstance(found, ConnectionRefusedError):
            return AwayError(f"the engine at {address.url} refuses connections", sure=True)
        found = found.__cause__ or found.__context__
    return AwayError(f"the engine at {address.url} does not answer")
