"""The short forms of readiness checks: ``http: /healthz``, ``tcp: 5432``."""

from __future__ import annotations

import re

from devenv.errors import DevenvError
from devenv.model.service import HttpCheck, TcpCheck

_PORT = r"[A-Za-z0-9][\w-]*|\$\{\{[^}]*\}\}"
_HTTP = re.compile(
    rf"(?:http://)?(?:(?P<host>[\w.-]+|\[[0-9A-Fa-f:]+\])?(?::(?P<port>{_PORT}))?)?(?P<path>/.*)?"
)
_TCP = re.compile(rf"(?:(?P<host>[\w.-]+|\[[0-9A-Fa-f:]+\]):)?(?P<port>{_PORT})")
_LOCAL = "127.0.0.1"


def http(written: str) -> HttpCheck:
    """Read a path, or ``[http://]HOST:PORT/PATH``. Raises DevenvError."""
    match = _HTTP.fullmatch(written)
    is_path_or_address = written.startswith(("/", ":", "http://")) or ":" in written
    if match is None or not is_path_or_address:
        raise DevenvError(
            f"`{written}` is not a path or an http address",
            "write one like /healthz or :8080/healthz",
        )
    host = (match["host"] or _LOCAL).strip("[]")
    port = match["port"] or ("80" if match["host"] else "")
    return HttpCheck(match["path"] or "/", port, host)


def tcp(written: str) -> TcpCheck:
    """Read ``true`` (the first port), a port's name or number, or ``HOST:PORT``."""
    if written == "true":
        return TcpCheck()
    match = _TCP.fullmatch(written)
    if match is None or written == "false":
        raise DevenvError(f"`{written}` is not a port", "write `true`, a port's name or a number")
    return TcpCheck(match["port"], (match["host"] or _LOCAL).strip("[]"))


def pattern(written: str) -> str:
    """Check a regular expression."""
    try:
        re.compile(written)
    except (re.error, OverflowError, RecursionError) as error:
        raise DevenvError(
            f"`{written}` is not a regular expression: {error}", "write `\\` before ( [ * + ? ."
        ) from error
    return written


def statuses(written: str) -> tuple[int, ...]:
    """Read ``204`` or ``200-299``."""
    first, dash, last = written.partition("-")
    if re.fullmatch(r"[1-5]\d\d(-[1-5]\d\d)?", written) is None:
        raise DevenvError(f"`{written}` is not a status", "write one like 204 or 200-299")
    return tuple(range(int(first), int(last if dash else first) + 1))
