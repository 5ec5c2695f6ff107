"""Says which of the replicas answers, and how many there are."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING
from wsgiref.simple_server import make_server

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


def page(_environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    addresses = socket.gethostbyname_ex("app")[2]
    start("200 OK", [("Content-Type", "text/plain")])
    return [f"{socket.gethostname()} is one of {len(addresses)}\n".encode()]


make_server("", 8000, page).serve_forever()
