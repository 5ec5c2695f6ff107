"""Shows how it was started, and with which variables."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING
from wsgiref.simple_server import make_server

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

SHOWN = ("MODE", "COLOUR", "DEBUG", "DEVELOPER")


def page(_environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    with socket.create_connection(("cache", 6379), timeout=5) as connection:
        cache = connection.recv(100).decode().strip()
    start("200 OK", [("Content-Type", "text/plain")])
    variables = (f"{name}={os.environ.get(name)}\n" for name in SHOWN)
    return [f"{line}".encode() for line in (f"{' '.join(sys.argv)}\ncache {cache}\n", *variables)]


make_server("", 8000, page).serve_forever()
