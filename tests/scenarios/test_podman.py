"""Podman's socket in place of Docker's."""

from __future__ import annotations

import json
import urllib.request

import pytest

from tests.lab.podman import Podman
from tests.ports import free_port
from tests.scenarios.sandbox import Sandbox, eventually

pytestmark = pytest.mark.timeout(240)

# Podman would raise them above what this machine's root may.
SHOP = """
x-limits: &limits {ulimits: {nofile: 1024, nproc: 4096}}
services:
  web:
    <<: *limits
    image: lab/busybox:1
    command: sh -c 'echo tea >> /data/index.html; exec httpd -f -p 80 -h /data'
    ports: ["PORT:80"]
    volumes: ["data:/data"]
    healthcheck: {test: [CMD, wget, -q, -O-, "http://127.0.0.1/"], interval: 1s}
  client:
    <<: *limits
    image: lab/busybox:1
    command: sh -c 'wget -q -O- http://web/ && exec sleep 1000'
    depends_on: {web: {condition: service_healthy}}
volumes: {data: }
"""


def test_a_compose_file_comes_up_in_podman(sandbox: Sandbox, podman: Podman) -> None:
    port = free_port()
    sandbox.extra["DOCKER_HOST"] = podman.host
    sandbox.write("compose.yaml", SHOP.replace("PORT", str(port)))
    sandbox.run("up", "-d", timeout=120)
    assert sandbox.states() == {"web": "ready", "client": "ready"}
    assert page(port) == "tea\n"
    eventually(lambda: "client | tea" in sandbox.run("logs").stdout)

    before = containers(podman)
    sandbox.run("up", "-d")
    assert containers(podman) == before
    assert sandbox.run("exec", "web", "--", "cat", "/data/index.html").stdout == "tea\n"
    sandbox.run("restart", "web", timeout=120)
    assert page(port) == "tea\ntea\n"

    sandbox.run("down")
    assert containers(podman) == set()
    sandbox.run("up", "-d", timeout=120)
    assert page(port) == "tea\n" * 3
    sandbox.run("down", "--volumes", "--yes")
    assert containers(podman) == set()
    assert podman.said("volume", "ls", "--quiet") == ""
    networks = {one["name"] for one in json.loads(podman.said("network", "ls", "--format=json"))}
    assert networks == {"podman"}


def page(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
        return str(answer.read().decode())


def containers(podman: Podman) -> set[str]:
    return set(podman.said("ps", "--all", "--quiet", "--no-trunc").split())
