"""Names and ports that a Compose file fixes, where others have them already."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.engine import Engine
from tests.ports import free_port
from tests.scenarios.mixed import docker, up
from tests.scenarios.sandbox import Sandbox

pytestmark = pytest.mark.timeout(180)

COMPOSE = """
services:
  db:
    image: lab/busybox
    container_name: db-TOKEN
    command: ["sh", "-c", "echo here >/index.html; exec httpd -f -p 80 -h /"]
    pre_stop:
      - command: ["sh", "-c", "echo cannot; exit 3"]
  client: {image: lab/busybox, command: ["sleep", "1000"]}
"""


@pytest.fixture(autouse=True)
def real_engine(sandbox: Sandbox, engine: Engine) -> None:
    sandbox.extra["DOCKER_HOST"] = engine.host
    sandbox.write("compose.yaml", COMPOSE)


def names(sandbox: Sandbox, cwd: Path | None = None) -> list[str]:
    """What the engine calls the container of db in an environment."""
    environment = sandbox.status(cwd=cwd)["environment"]["id"]
    labels = (f"label=dev.devenv.{key}" for key in (f"environment={environment}", "service=db"))
    filters = (word for label in labels for word in ("--filter", label))
    return docker("ps", "-a", *filters, "--format", "{{.Names}}")


def page(sandbox: Sandbox, cwd: Path | None = None) -> str:
    """What db serves, asked for by its written name in the network."""
    url = f"http://db-{sandbox.token}/"
    return sandbox.run("exec", "client", "--", "wget", "-q", "-O-", url, cwd=cwd).stdout


def test_a_name_belongs_to_the_first_checkout_until_its_down(sandbox: Sandbox) -> None:
    number = free_port()
    port = f'    ports: ["{number}:80"]\n    container_name: db-{sandbox.token}\n'
    sandbox.write("compose.yaml", COMPOSE.replace("    container_name: db-TOKEN\n", port))
    other = sandbox.base / "elsewhere" / sandbox.checkout.name
    shutil.copytree(sandbox.checkout, other)
    up(sandbox)
    said = up(sandbox, cwd=other).stderr
    written = f"db-{sandbox.token}"
    first, second = (sandbox.status(cwd=at)["environment"]["id"] for at in (None, other))
    assert names(sandbox) == [written]
    assert names(sandbox, other) == [f"{second}-db-1"]
    assert page(sandbox) == page(sandbox, other) == "here\n"
    told = f"container_name {written} is {second}-db-1 here: {first} has it"
    assert told in said
    assert told in sandbox.run("ports", cwd=other).stderr
    assert told in sandbox.run("why", "db", cwd=other).stdout
    assert f"port {number} is" in sandbox.run("why", "db", cwd=other).stdout
    assert "has it" not in sandbox.run("ports").stderr
    sandbox.run("down")
    assert "pre_stop of db ended with exit code 3: cannot" in sandbox.run("events").stdout
    up(sandbox, cwd=other)
    assert names(sandbox, other) == [f"{second}-db-1"]
    sandbox.run("down", cwd=other)
    up(sandbox, cwd=other)
    assert names(sandbox, other) == [written]


@pytest.fixture
def stranger(sandbox: Sandbox, engine: Engine) -> Iterator[str]:
    name = f"db-{sandbox.token}"
    (made,) = docker("create", "--name", name, "lab/busybox", "true")
    yield made
    docker("rm", made)


def test_a_container_of_others_keeps_its_name(sandbox: Sandbox, stranger: str) -> None:
    up(sandbox)
    told = sandbox.run("ports").stderr
    assert "a container that is not devenv's has it" in told
    assert names(sandbox) != [f"db-{sandbox.token}"]
    sandbox.run("down")
    assert docker("inspect", "--format", "{{.Id}}", f"db-{sandbox.token}") == [stranger]


def test_a_service_with_a_name_of_its_own_cannot_be_scaled(sandbox: Sandbox) -> None:
    up(sandbox)
    refused = sandbox.run("scale", "db=2", check=False)
    assert refused.returncode == 1
    assert "only one replica can have it" in refused.stderr
