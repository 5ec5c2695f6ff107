"""Engines behind ssh: each connection is a ``docker system dial-stdio`` on the other machine."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

BACKLOG = 64


class Tunnel:
    """A socket of this machine that leads to the engine of ``[USER@]HOST[:PORT]``."""

    def __init__(self, destination: str) -> None:
        host, _, port = destination.partition(":")
        way = ["ssh", *(["-p", port] if port else [])]
        self._words = [*way, "--", host, "docker system dial-stdio"]
        self._folder = tempfile.mkdtemp(prefix="devenv-")
        self._listening = socket.socket(socket.AF_UNIX)
        path = Path(self._folder, "engine.sock")
        self._listening.bind(str(path))
        self._listening.listen(BACKLOG)
        self.url = f"unix://{path}"
        threading.Thread(target=self._accept, name="docker-ssh", daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._lead, args=(connection,), daemon=True).start()

    def _lead(self, connection: socket.socket) -> None:
        """In a session of its own: there is no terminal on which it could ask for a password."""
        with connection, suppress(OSError):
            end = connection.fileno()
            command = subprocess.Popen(self._words, stdin=end, stdout=end, start_new_session=True)
            command.wait()
