"""Asks the database and the cache, and says what they answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from wsgiref.simple_server import make_server

import psycopg
import redis

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


def page(_environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    with psycopg.connect("host=db user=postgres password=example") as connection:
        row = connection.execute("SELECT 40 + 2").fetchone()
    pong = redis.Redis("cache").ping()
    start("200 OK", [("Content-Type", "text/plain")])
    return [f"database {row}, cache {pong}\n".encode()]


make_server("", 8000, page).serve_forever()
