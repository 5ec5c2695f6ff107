"""The shop's page: its title, how many articles the database has, how often the worker worked."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import redis


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        with psycopg.connect(os.environ["DATABASE_URL"]) as database:
            (articles,) = database.execute("select count(*) from articles").fetchone() or (0,)
        worked = redis.Redis(os.environ["CACHE"]).get("worked")
        title = Path("/app/title.txt").read_text().strip()
        page = {"title": title, "articles": articles, "worked": int(worked or 0)}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(page).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing of single requests."""


sys.stdout.write("listens\n")
sys.stdout.flush()
ThreadingHTTPServer(("0.0.0.0", 8000), Page).serve_forever()
