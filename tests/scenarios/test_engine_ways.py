"""The ways to an engine beside a socket: a context, TLS with certificates, and ssh."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab import tls
from tests.lab.engine import Engine
from tests.scenarios.sandbox import Sandbox, eventually

pytestmark = pytest.mark.timeout(120)

COMPOSE = """
services:
  web:
    image: lab/busybox:1
    command: ["sh", "-c", "echo hello; exec sleep 1000"]
    healthcheck: {test: ["CMD", "true"], interval: 1s}
"""
SSH = """#!/bin/sh
# Runs here what is to run there: the words from the name of the program on.
while [ "${1%% *}" != docker ]; do shift; done
export DOCKER_HOST=ENGINE
exec sh -c "$*"
"""


def is_used(sandbox: Sandbox) -> None:
    """Bring a project up, look at it in all ways, and take it down."""
    sandbox.write("compose.yaml", COMPOSE)
    sandbox.run("up", "-d")
    assert sandbox.states() == {"web": "ready"}
    eventually(lambda: sandbox.run("logs", "web", "--no-prefix").stdout == "hello\n")
    shown = sandbox.run("exec", "web", "--", "sh", "-c", "echo here; exit 3", check=False)
    assert (shown.stdout, shown.returncode) == ("here\n", 3)
    sandbox.run("restart", "web")
    assert sandbox.states() == {"web": "ready"}
    sandbox.run("down")
    assert sandbox.states() == {"web": "stopped"}


def test_an_engine_behind_tls_is_used(sandbox: Sandbox, engine: Engine) -> None:
    folder = sandbox.base / "certificates"
    with tls.served(engine.host.removeprefix("unix://"), folder) as port:
        sandbox.extra |= {
            "DOCKER_HOST": f"tcp://127.0.0.1:{port}",
            "DOCKER_TLS_VERIFY": "1",
            "DOCKER_CERT_PATH": str(folder),
        }
        is_used(sandbox)


def test_an_engine_is_asked_by_ssh(sandbox: Sandbox, engine: Engine) -> None:
    with _program(sandbox.base / "programs", "ssh", SSH.replace("ENGINE", engine.host)) as path:
        sandbox.extra |= {"DOCKER_HOST": "ssh://somebody@machine.test", "PATH": path}
        is_used(sandbox)


def test_the_context_in_use_is_the_clients(sandbox: Sandbox, engine: Engine) -> None:
    sandbox.extra |= {"DOCKER_HOST": "", "DOCKER_CONFIG": str(sandbox.base / "configuration")}
    endpoint = f"host={engine.host}"
    for words in (["context", "create", "lab", "--docker", endpoint], ["context", "use", "lab"]):
        subprocess.run(["docker", *words], env=sandbox.environ, capture_output=True, check=True)
    is_used(sandbox)


@contextmanager
def _program(folder: Path, name: str, text: str) -> Iterator[str]:
    """A PATH on which a program of the test's own comes first."""
    folder.mkdir()
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)
    yield f"{folder}:{os.environ['PATH']}"
