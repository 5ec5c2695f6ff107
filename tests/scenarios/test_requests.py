"""What a profile asks for is said before it is given; what nobody asked for stays closed."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.lab.engine import Engine
from tests.scenarios.sandbox import Sandbox, eventually

pytestmark = pytest.mark.timeout(120)

COMPOSE = """
services:
  web:
    image: lab/busybox
    command: httpd -f -p 80
    ports: ["18180:80"]
  open:
    image: lab/busybox
    command: httpd -f -p 80
    cap_add: [NET_RAW]
    ports: ["0.0.0.0:18181:80"]
"""
ASKED = [
    "! open asks for capabilities: NET_RAW (cap_add)",
    "! open asks for port 18181 to be open to other machines (0.0.0.0)",
]


def reaches(port: int) -> bool:
    """Whether somebody in another network namespace reaches this machine's port."""
    form = "{{(index .IPAM.Config 0).Gateway}}"
    gateway = docker("network", "inspect", "-f", form, "bridge").stdout.strip()
    call = f"nc -w 2 {gateway} {port} </dev/null"
    return docker("run", "--rm", "lab/busybox", "sh", "-c", call).returncode == 0


def docker(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(("docker", *words), capture_output=True, text=True, check=False)


def test_requests_are_said_first_by_plan_and_by_up(sandbox: Sandbox, engine: Engine) -> None:
    sandbox.extra["DOCKER_HOST"] = engine.host
    sandbox.write("compose.yaml", COMPOSE)
    planned = sandbox.run("plan")
    assert planned.stdout.splitlines()[:3] == [*ASKED, "round 1"]
    listed = json.loads(sandbox.run("plan", "--json").stdout)["requests"]
    assert [one["service"] for one in listed] == ["open", "open"]
    told = sandbox.run("up", "-d", timeout=100)
    assert told.stderr.splitlines()[:2] == ASKED


def test_ports_are_open_to_this_machine_only(sandbox: Sandbox, engine: Engine) -> None:
    sandbox.extra["DOCKER_HOST"] = engine.host
    sandbox.write("compose.yaml", COMPOSE)
    sandbox.run("up", "-d", timeout=100)
    eventually(lambda: reaches(18181))
    assert not reaches(18180)
