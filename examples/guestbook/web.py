"""A guest book's page: GET shows who was there, POST adds a name."""

from __future__ import annotations

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg

DATABASE = os.environ["DATABASE_URL"]


def guests(newcomer: str = "") -> list[str]:
    with psycopg.connect(DATABASE) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS guests (name text)")
        if newcomer:
            connection.execute("INSERT INTO guests VALUES (%s)", [newcomer])
        return [name for (name,) in connection.execute("SELECT name FROM guests")]


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._show(guests())

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self._show(guests(self.rfile.read(length).decode()))

    def _show(self, names: list[str]) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"Guests: {', '.join(names) or 'nobody yet'}\n".encode())


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
