"""Shows what each of its volumes holds: POST adds to two of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from wsgiref.simple_server import make_server

import redis

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

NOTES = Path("/notes/notes.txt")


def page(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    server = redis.Redis("redis", decode_responses=True)
    if environ["REQUEST_METHOD"] == "POST":
        text = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
        server.rpush("values", text)
        with NOTES.open("a") as file:
            file.write(text + "\n")
    notes = NOTES.read_text().split() if NOTES.exists() else []
    starts = len(Path("/shared/starts").read_text().split())
    start("200 OK", [("Content-Type", "text/plain")])
    return [
        f"redis {server.lrange('values', 0, -1)}\nnotes {notes}\n".encode(),
        f"seed {Path('/seed.txt').read_text()}writer started {starts} times\n".encode(),
        f"scratch {sorted(path.name for path in Path('/scratch').iterdir())}\n".encode(),
    ]


make_server("", 8000, page).serve_forever()
