"""Files follow into containers: from a save on this machine to what runs, through the daemon."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.lab.engine import Engine
from tests.scenarios.sandbox import Sandbox, eventually

COMPOSE = """
services:
  web:
    image: {image}
    init: true
    command: ["sleep", "100000"]
    user: "{user}"
    develop:
      watch:
        - path: ./src
          action: {action}
          target: /srv/app
"""


def project(sandbox: Sandbox, engine: Engine, **given: str) -> None:
    wanted = {"image": "lab/busybox:1", "user": "", "action": "sync", **given}
    sandbox.extra["DOCKER_HOST"] = engine.host
    sandbox.write("compose.yaml", COMPOSE.format(**wanted))
    sandbox.write("src/page", "one")


def container(sandbox: Sandbox) -> str:
    listed = docker(
        sandbox, "ps", "--quiet", "--filter", f"label=dev.devenv.environment={identity(sandbox)}"
    )
    return listed.split()[0]


def identity(sandbox: Sandbox) -> str:
    return str(sandbox.status()["environment"]["id"])


def docker(sandbox: Sandbox, *words: str, check: bool = True) -> str:
    done = subprocess.run(
        ["docker", *words], env=sandbox.environ, capture_output=True, text=True, check=check
    )
    return done.stdout


def inside(sandbox: Sandbox, path: str) -> str:
    """What a file in the container says; "" where there is none."""
    words = ("exec", container(sandbox), "cat", f"/srv/app/{path}")
    return docker(sandbox, *words, check=False)


@pytest.mark.parametrize("image", ["lab/busybox:1", "lab/python:3.11"])
def test_a_save_is_in_the_container_at_once(sandbox: Sandbox, engine: Engine, image: str) -> None:
    project(sandbox, engine, image=image)
    sandbox.run("up", "-d")
    sandbox.write("src/page", "two")
    sandbox.write("src/new/deep/file", "new")
    eventually(lambda: inside(sandbox, "page") == "two")
    eventually(lambda: inside(sandbox, "new/deep/file") == "new")
    (sandbox.checkout / "src" / "page").unlink()
    eventually(lambda: inside(sandbox, "page") == "")


def test_without_watching_a_save_stays_at_home(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine)
    sandbox.run("up", "-d", "--no-watch")
    sandbox.write("src/page", "two")
    sandbox.run("up", "-d")
    sandbox.write("src/page", "three")
    eventually(lambda: inside(sandbox, "page") == "three")


def test_a_container_of_a_plain_user_gets_its_files(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine, image="lab/python:3.11", user="1000")
    sandbox.run("up", "-d")
    sandbox.write("src/page", "two")
    eventually(lambda: inside(sandbox, "page") == "two")


def test_a_container_that_somebody_removed_gets_its_files_again(
    sandbox: Sandbox, engine: Engine
) -> None:
    project(sandbox, engine)
    sandbox.run("up", "-d")
    sandbox.write("src/page", "two")
    eventually(lambda: inside(sandbox, "page") == "two")
    docker(sandbox, "rm", "--force", container(sandbox))
    eventually(lambda: sandbox.service("web")["state"] == "ready")
    eventually(lambda: inside(sandbox, "page") == "two")


def test_the_next_daemon_carries_over_what_was_saved_meanwhile(
    sandbox: Sandbox, engine: Engine
) -> None:
    project(sandbox, engine)
    sandbox.run("up", "-d")
    sandbox.kill_daemon()
    sandbox.write("src/page", "saved while no daemon lived")
    sandbox.run("status")
    eventually(lambda: inside(sandbox, "page") == "saved while no daemon lived")


def test_a_killed_receiver_is_replaced(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine)
    sandbox.run("up", "-d")
    sandbox.write("src/page", "two")
    eventually(lambda: inside(sandbox, "page") == "two")
    for pid in receivers(sandbox):
        os.kill(pid, signal.SIGKILL)
    sandbox.write("src/page", "three")
    eventually(lambda: inside(sandbox, "page") == "three")


def receivers(sandbox: Sandbox) -> list[int]:
    """The processes of this machine that are receivers in our container."""
    found = []
    for line in docker(sandbox, "top", container(sandbox), "-o", "pid,args").splitlines():
        pid, _, words = line.strip().partition(" ")
        if "Receives files within a container" in words:
            found.append(int(pid))
    assert found
    return found


def test_a_save_restarts_what_asks_for_it(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine, action="sync+restart")
    sandbox.run("up", "-d")
    before = sandbox.service("web")["started_at"]
    sandbox.write("src/page", "two")
    eventually(lambda: (sandbox.service("web")["started_at"] or 0) > before + 0.1)
    eventually(lambda: inside(sandbox, "page") == "two")


def test_secrets_stay_at_home(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine)
    sandbox.run("up", "-d")
    sandbox.write("src/.env", "SECRET=1")
    (sandbox.checkout / "src" / "link").symlink_to(Path("/etc/passwd"))
    sandbox.write("src/page", "two")
    eventually(lambda: inside(sandbox, "page") == "two")
    listed = docker(sandbox, "exec", container(sandbox), "ls", "-A", "/srv/app")
    assert ".env" not in listed.split()
    assert "link" in listed.split()
