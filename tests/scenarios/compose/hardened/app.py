"""Shows what it may and may not do."""

from __future__ import annotations

import os
import resource
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from wsgiref.simple_server import make_server

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


def written(path: str) -> str:
    try:
        Path(path).write_bytes(b"x" * 100)
    except OSError as error:
        return error.strerror or str(error)
    return "written"


def status(name: str) -> str:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith(name + ":"))


def page(_environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    shown = {
        "user": f"{os.getuid()}:{os.getgid()}",
        "root": written("/file"),
        "tmp": written("/tmp/file"),
        "bounding": status("CapBnd"),
        "no new privileges": status("NoNewPrivs"),
        "files": str(resource.getrlimit(resource.RLIMIT_NOFILE)),
        "host": socket.gethostname(),
        "elsewhere": socket.gethostbyname("elsewhere"),
        "folder": str(Path.cwd()),
    }
    start("200 OK", [("Content-Type", "text/plain")])
    return [f"{name}: {text}\n".encode() for name, text in shown.items()]


make_server("", 80, page).serve_forever()
