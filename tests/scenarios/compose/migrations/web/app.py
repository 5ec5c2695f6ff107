"""A page of items, whose table it does not make itself: POST adds one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from wsgiref.simple_server import make_server

import psycopg

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


def page(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    with psycopg.connect() as connection:
        if environ["REQUEST_METHOD"] == "POST":
            text = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
            connection.execute("INSERT INTO items VALUES (%s)", [text])
        rows = connection.execute("SELECT name, priority FROM items").fetchall()
    start("200 OK", [("Content-Type", "text/plain")])
    return [f"{name} {priority}\n".encode() for name, priority in rows]


make_server("", 8000, page).serve_forever()
