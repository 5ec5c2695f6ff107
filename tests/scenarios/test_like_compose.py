"""Where Compose's meaning was missed once: what it gives to a container, seen from within."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.ports import free_port
from tests.scenarios.mixed import docker
from tests.scenarios.sandbox import Sandbox

pytestmark = [pytest.mark.timeout(120), pytest.mark.usefixtures("real_engine")]


def inspected(sandbox: Sandbox, service: str) -> dict[str, Any]:
    environment = sandbox.status()["environment"]["id"]
    told: list[dict[str, Any]] = json.loads(
        "".join(docker("inspect", f"{environment}-{service}-1"))
    )
    return told[0]


def test_a_number_may_be_published_for_both_protocols(sandbox: Sandbox) -> None:
    port = free_port()
    sandbox.write(
        "compose.yaml",
        f"""
services:
  dns:
    image: lab/busybox
    command: sleep 1000
    ports: ["{port}:53/tcp", "{port}:53/udp"]
""",
    )
    sandbox.run("up", "-d")
    ports = inspected(sandbox, "dns")["NetworkSettings"]["Ports"]
    assert {one["HostPort"] for key in ("53/tcp", "53/udp") for one in ports[key]} == {str(port)}


def test_what_other_tools_need_is_on_the_container(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    sandbox.write(
        "compose.yaml",
        """
services:
  web:
    image: lab/python
    command: sleep 1000
    stop_grace_period: 1m30s
    environment: [PYTHONUNBUFFERED]
    extra_hosts: ["host.docker.internal:host-gateway"]
""",
    )
    sandbox.run("up", "-d", extra={"PYTHONUNBUFFERED": "1"})
    assert "PYTHONUNBUFFERED=1" in inspected(sandbox, "web")["Config"]["Env"]
    sandbox.run("down")
    sandbox.run("up", "-d")
    found = inspected(sandbox, "web")
    assert found["Config"]["StopTimeout"] == 90
    assert found["Config"]["Labels"]["com.docker.compose.config-hash"]
    assert not any(one.startswith("PYTHONUNBUFFERED=") for one in found["Config"]["Env"])
    assert len(found["HostConfig"]["ExtraHosts"]) == 1
    environment = sandbox.status()["environment"]["id"]
    assert f"{environment}-web-1" in " ".join(docker("compose", "-p", environment, "ps"))


def test_a_config_of_an_unset_variable_is_no_empty_file(sandbox: Sandbox) -> None:
    sandbox.write(
        "compose.yaml",
        """
services:
  web: {image: lab/busybox, command: sleep 1000, restart: always, configs: [page]}
configs:
  page: {environment: NO_SUCH_VARIABLE}
""",
    )
    told = sandbox.run("up", "-d", check=False)
    assert told.returncode == 1
    assert "NO_SUCH_VARIABLE, which is not set" in told.stderr


def test_what_waits_for_a_health_that_nothing_tells_is_refused(sandbox: Sandbox) -> None:
    sandbox.write(
        "compose.yaml",
        """
services:
  api:
    image: lab/busybox
    command: sleep 1000
    depends_on: {db: {condition: service_healthy}}
  db: {image: lab/busybox, command: sleep 1000}
""",
    )
    told = sandbox.run("up", "-d", check=False)
    assert told.returncode == 1
    assert "db has no health check, nor has its image" in told.stderr


def test_what_no_container_can_be_given_is_refused(sandbox: Sandbox) -> None:
    sandbox.write(
        "compose.yaml", "services:\n  web: {image: lab/busybox, command: sleep 1000, gpus: all}\n"
    )
    told = sandbox.run("up", "-d", check=False)
    assert told.returncode != 0
    assert "web: `gpus` is not supported" in told.stderr
