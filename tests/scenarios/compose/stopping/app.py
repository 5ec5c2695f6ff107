"""Takes a second to close its book at SIGUSR1, and shows how often it has come to that."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING
from wsgiref.simple_server import make_server

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

JOURNAL = Path("/journal/journal.txt")


def close(_signal: int, _frame: FrameType | None) -> None:
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        time.sleep(0.1)
    with JOURNAL.open("a") as file:
        file.write("closed\n")
    sys.exit(0)


def page(_environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    closed = JOURNAL.read_text().count("closed") if JOURNAL.exists() else 0
    start("200 OK", [("Content-Type", "text/plain")])
    return [f"closed {closed} times\n".encode()]


signal.signal(signal.SIGUSR1, close)
make_server("", 8000, page).serve_forever()
