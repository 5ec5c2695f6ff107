"""The front ends' way to the daemon: it is started where need be, and asked again if cut off."""

from __future__ import annotations

import os

from devenv.api.codec import RemoteError
from devenv.api.connection import Connection, LostError, open_connection
from devenv.api.methods import METHODS
from devenv.errors import DevenvError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Any

ANSWER_WITHIN = 60.0
"""Seconds after which a daemon that says nothing is taken for stuck."""

TRIES = 3


class Client:
    """One connection to the user's daemon, made when it is first needed and again when it breaks.

    ``environ`` says where the socket lies. ``log_in`` has somebody log in to a cluster, and tells
    whether it could. Not for use from two threads at once.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        start: bool = True,
        log_in: Callable[[Mapping[str, Any]], bool] | None = None,
    ) -> None:
        self._environ = environ
        self._log_in = log_in
        self._start = start
        self._connection: Connection | None = None
        self._build = ""

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        within: float = ANSWER_WITHIN,
        tries: int = TRIES,
    ) -> dict[str, Any]:
        """The result of a method. ``within``: seconds to wait for the answer.

        DevenvError where there is no daemon and none can be started; RemoteError where it refuses;
        LostError where the connection broke in each of the ``tries``.
        """
        value, descriptors = self.call_for_descriptors(method, params, within=within, tries=tries)
        if descriptors:
            _close_all(descriptors)
        return value

    def call_for_descriptors(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        within: float = ANSWER_WITHIN,
        tries: int = TRIES,
    ) -> tuple[dict[str, Any], list[int]]:
        """As ``call``, with the file descriptors that came along; the caller closes them."""
        try:
            return self._ask(method, params or {}, within=within, tries=tries)
        except RemoteError as refused:
            if refused.login is None or self._log_in is None or not self._log_in(refused.login):
                raise
        return self._ask(method, params or {}, within=within, tries=tries)

    def _ask(
        self, method: str, params: Mapping[str, Any], *, within: float, tries: int
    ) -> tuple[dict[str, Any], list[int]]:
        for attempt in range(tries):
            try:
                return self._connected().request(method, params, within)
            except LostError as lost:
                self.close()
                if lost.asked and not METHODS[method].again:
                    raise DevenvError(
                        f"the daemon ended before it answered to {method}",
                        "See `devenv status` for what became of it, and try again.",
                    ) from lost
                if attempt == tries - 1:
                    raise
            except KeyboardInterrupt:
                self.close()  # the answer may still come, and nobody would read it
                raise
        raise AssertionError("unreachable: the last try returns or raises")

    def stop_daemon(self) -> None:
        """Ask the daemon to end, and return when it has."""
        connection = self._connected()
        connection.stop_daemon()
        self.close()

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = open_connection(
                self._environ, start=self._start, expected=self._build
            )
            self._build = self._connection.build
        return self._connection


def _close_all(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
