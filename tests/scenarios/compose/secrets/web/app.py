"""Logs in with the secret password, and shows that it has the others."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from wsgiref.simple_server import make_server

import psycopg

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

SECRETS = Path("/run/secrets")


def page(_environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    password = (SECRETS / "db_password").read_text().strip()
    with psycopg.connect(host="db", user="postgres", password=password) as connection:
        row = connection.execute("SELECT current_user").fetchone()
    key = SECRETS / "key"
    greeting = Path("/etc/app/greeting").read_text().strip()
    start("200 OK", [("Content-Type", "text/plain")])
    return [f"{row}\n{key.read_text()} {key.stat().st_mode & 0o777:o}\n{greeting}\n".encode()]


make_server("", 8000, page).serve_forever()
