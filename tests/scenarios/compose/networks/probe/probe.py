"""A page that says which of $TARGETS are reached from here."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING
from wsgiref.simple_server import make_server

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


def reach(target: str) -> str:
    host, _, port = target.partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except socket.gaierror:
        return "unknown"
    except OSError:
        return "silent"
    return "reached"


def page(_environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "text/plain")])
    return [f"{target} {reach(target)}\n".encode() for target in os.environ["TARGETS"].split()]


make_server("", 8000, page).serve_forever()
