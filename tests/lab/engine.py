"""The lab's engine as tests see it: it answers, or those that need it are left out, and it is told.

`tests/lab/engine up` brings it up, and `eval "$(tests/lab/engine env)"` makes it this shell's.
"""

from __future__ import annotations

import http.client
import os
import socket
from dataclasses import dataclass

import pytest

ABSENT = "NO DOCKER ENGINE"
ANSWERS_WITHIN = 5.0
UNIX = "unix://"


@dataclass(frozen=True, slots=True)
class Engine:
    """``host`` is what DOCKER_HOST says; ``registry`` an address, empty where there is none."""

    host: str
    registry: str


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=ANSWERS_WITHIN)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(ANSWERS_WITHIN)
        self.sock.connect(self._path)


def _fault(host: str) -> str:
    """Say why there is no engine at ``host``; an empty text where it answers."""
    if not host.startswith(UNIX):
        return "DOCKER_HOST names no socket; `tests/lab/engine env` prints one"
    connection = _Connection(host.removeprefix(UNIX))
    try:
        connection.request("GET", "/_ping")
        answer = connection.getresponse()
        return "" if answer.status == http.HTTPStatus.OK else f"{host} answers {answer.status}"
    except OSError as error:
        return f"{host} does not answer ({error.strerror}); see `tests/lab/engine up`"
    finally:
        connection.close()


@pytest.fixture(scope="session")
def engine() -> Engine:
    host = os.environ.get("DOCKER_HOST", "")
    fault = _fault(host)
    if fault:
        pytest.skip(f"{ABSENT}: {fault}")
    return Engine(host, os.environ.get("DEVENV_LAB_REGISTRY", ""))
