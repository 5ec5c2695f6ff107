"""Shows what it was given, and by which file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.request import urlopen
from wsgiref.simple_server import make_server

import psycopg
import redis

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

SHOWN = ("GREETING", "NAME", "FROM_FILE")


def page(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/second":
        with urlopen("http://second:8000/", timeout=10) as answer:
            return [bytes(answer.read())]
    with psycopg.connect("host=db user=postgres password=of-the-include") as connection:
        origin = connection.execute("SELECT text FROM origins").fetchone()
    memory = redis.Redis("cache").config_get("maxmemory")
    variables = " ".join(f"{name}={os.environ[name]}" for name in SHOWN)
    return [f"{variables}\ndatabase {origin}\ncache {memory}\n".encode()]


make_server("", 8000, page).serve_forever()
