"""Stands before an engine's socket: counts what changes something, and can be cut off."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress
from pathlib import Path

CHANGING = re.compile(rb"^(?:POST|PUT|DELETE) (\S+)", re.MULTILINE)
PIECE = 64 * 1024


class Proxy:
    """Listens at ``path``. ``changes`` are the requests that were no mere questions."""

    def __init__(self, path: Path, upstream: str) -> None:
        self.changes: list[str] = []
        self._path = path
        self._upstream = upstream
        self._sockets: list[socket.socket] = []
        self._listening: socket.socket | None = None

    @property
    def host(self) -> str:
        return f"unix://{self._path}"

    def open(self) -> None:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(self._path))
        listening.listen(64)
        self._listening = listening
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def cut(self) -> None:
        """End every connection, and take no new one."""
        self._path.unlink(missing_ok=True)
        if self._listening is not None:
            self._sockets.append(self._listening)
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._sockets.clear()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                engine = socket.socket(socket.AF_UNIX)
                engine.connect(self._upstream)
                self._sockets += [client, engine]
                for ends in ((client, engine), (engine, client)):
                    watched = ends[0] is client
                    threading.Thread(target=self._pour, args=(*ends, watched), daemon=True).start()

    def _pour(self, source: socket.socket, sink: socket.socket, watched: bool) -> None:
        with suppress(OSError):
            while data := source.recv(PIECE):
                if watched:
                    self.changes += [found.decode() for found in CHANGING.findall(data)]
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
