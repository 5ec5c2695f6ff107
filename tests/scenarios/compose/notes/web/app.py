"""A page of notes that PostgreSQL keeps: POST adds one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING
from wsgiref.simple_server import make_server

import psycopg

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

DATABASE = os.environ["DATABASE"]


def page(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    with psycopg.connect(DATABASE) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (text text)")
        if environ["REQUEST_METHOD"] == "POST":
            text = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
            connection.execute("INSERT INTO notes VALUES (%s)", [text])
        rows = connection.execute("SELECT text FROM notes").fetchall()
    start("200 OK", [("Content-Type", "text/plain")])
    return [f"{len(rows)} notes\n".encode(), *(f"- {text}\n".encode() for (text,) in rows)]


make_server("", 8000, page).serve_forever()
