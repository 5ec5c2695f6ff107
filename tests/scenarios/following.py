"""What the scenarios of file sync share: a container that files follow into, and a look into it."""

from __future__ import annotations

import subprocess

from tests.lab.engine import Engine
from tests.scenarios.sandbox import Sandbox

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
    return listed.partition("\n")[0]


def identity(sandbox: Sandbox) -> str:
    return str(sandbox.status()["environment"]["id"])


def docker(sandbox: Sandbox, *words: str, check: bool = True) -> str:
    done = subprocess.run(
        ["docker", *words], env=sandbox.environ, capture_output=True, text=True, check=check
    )
    return done.stdout


def inside(sandbox: Sandbox, path: str) -> str:
    """What a file in the container says; "" where there is none."""
    running = container(sandbox)
    words = ("exec", running, "cat", f"/srv/app/{path}")
    return docker(sandbox, *words, check=False) if running else ""


def receivers(sandbox: Sandbox) -> list[int]:
    """The processes of this machine that are receivers in our container."""
    found = []
    for line in docker(sandbox, "top", container(sandbox), "-o", "pid,args").splitlines():
        pid, _, words = line.strip().partition(" ")
        if "Receives files within a container" in words:
            found.append(int(pid))
    assert found
    return found


def hashes(sandbox: Sandbox) -> dict[str, str]:
    """The hash of each file of the target."""
    found = ["find", "/srv/app", "-type", "f", "!", "-path", "*/.devenv-sync/*"]
    words = ["exec", container(sandbox), *found, "-exec", "sha256sum", "{}", "+"]
    listed = docker(sandbox, *words, check=False)
    pairs = (line.split("  ", 1) for line in listed.splitlines())
    return {path.removeprefix("/srv/app/"): digest for digest, path in pairs}
