"""The stall's page: its title, how many goods there are, how often these were polished."""

from __future__ import annotations

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
from cache import ask

GREETING = "Welcome"


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        with psycopg.connect(os.environ["DATABASE_URL"]) as database:
            (goods,) = database.execute("SELECT count(*) FROM goods").fetchone() or (0,)
        polished = ask("GET", "polished")
        page = {
            "greeting": GREETING,
            "title": Path("title.txt").read_text().strip(),
            "goods": goods,
            "polished": int(polished) if polished.isdigit() else 0,
        }
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(page).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing of single requests."""


sys.stdout.write("listens\n")
ThreadingHTTPServer(("", 8000), Page).serve_forever()
