"""A volume whose definition was edited: its data is lost only when somebody has agreed to that."""

from __future__ import annotations

import os
import pty
import subprocess

import pytest

from tests.scenarios.mixed import docker, up
from tests.scenarios.sandbox import Sandbox

pytestmark = [pytest.mark.timeout(180), pytest.mark.usefixtures("real_engine")]

COMPOSE = """
services:
  db:
    image: lab/busybox
    command: ["sh", "-c", "echo line >>/data/log; exec sleep 1000"]
    init: true
    volumes: ["data:/data", "kept:/kept"]
volumes: {data: {labels: {made: MADE}}, kept: {}}
"""


def lines(sandbox: Sandbox, folder: str = "data") -> int:
    told = sandbox.run("exec", "db", "--", "cat", f"/{folder}/log").stdout
    return told.count("line")


def at_a_terminal(sandbox: Sandbox, answer: str) -> tuple[int, str]:
    """``up -d`` with a terminal for questions: the exit code, and what was shown."""
    leader, follower = pty.openpty()
    client = subprocess.Popen(
        sandbox.command("up", "-d"),
        cwd=sandbox.checkout,
        env=sandbox.environ,
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    os.write(leader, f"{answer}\n".encode())
    shown = b""
    try:
        while piece := os.read(leader, 4096):
            shown += piece
    except OSError:  # the other side is closed
        pass
    os.close(leader)
    return client.wait(), shown.decode()


def test_a_diverged_volume_is_replaced_only_when_it_is_agreed_to(sandbox: Sandbox) -> None:
    sandbox.write("compose.yaml", COMPOSE.replace("MADE", "first"))
    up(sandbox)
    sandbox.run("exec", "db", "--", "sh", "-c", "echo line >/kept/log")
    before = sandbox.service("db")["started_at"]
    name = f"{sandbox.status()['environment']['id']}_data"
    sandbox.write("compose.yaml", COMPOSE.replace("MADE", "second"))
    assert f"asks before it replaces the volume {name}" in sandbox.run("plan").stdout
    refused = sandbox.run("up", "-d", check=False)
    assert refused.returncode == 2
    assert f"{name}. Replace it, and lose its data?" in refused.stderr
    assert "--yes" in refused.stderr
    code, shown = at_a_terminal(sandbox, "n")
    assert (code, name in shown) == (1, True)
    assert sandbox.service("db")["started_at"] == before
    code, shown = at_a_terminal(sandbox, "y")
    assert code == 0, shown
    assert (lines(sandbox), lines(sandbox, "kept")) == (1, 1)
    up(sandbox)
    assert sandbox.service("db")["restarts"] == 0
    sandbox.write("compose.yaml", COMPOSE.replace("MADE", "third"))
    assert "failed" not in up(sandbox, "--yes").stderr
    assert (lines(sandbox), lines(sandbox, "kept")) == (1, 1)


def test_data_goes_with_a_later_down_too(sandbox: Sandbox) -> None:
    sandbox.write("compose.yaml", COMPOSE.replace("MADE", "first"))
    up(sandbox)
    environment = sandbox.status()["environment"]["id"]
    sandbox.run("down")
    assert docker("volume", "ls", "-q", "--filter", f"name={environment}_")
    sandbox.run("down", "--volumes", "--yes")
    assert docker("volume", "ls", "-q", "--filter", f"name={environment}_") == []
