"""``network: shared``: one container owns the network of all others."""

from __future__ import annotations

import urllib.request

import pytest

from tests.scenarios.mixed import containers, docker, up
from tests.scenarios.sandbox import Sandbox, eventually

pytestmark = [pytest.mark.timeout(180), pytest.mark.usefixtures("real_engine")]

SERVICES = """
services:
  page:
    image: lab/busybox:1
    command: ["sh", "-c", "mkdir /srv; echo TOKEN >/srv/index.html; exec httpd -f -p 8080 -h /srv"]
    ports: [PORT]
  client:
    image: lab/busybox:1
    command: ["sh", "-c", "until wget -q -O- http://ASKED:8080/; do usleep 20000; done; sleep 1000"]
    depends_on: [page]
"""
PROFILE = "network: shared\n" + SERVICES.replace("PORT", '"web: auto:8080"').replace(
    "ASKED", "page"
)
COMPOSE = "x-devenv: {network: shared}\n" + SERVICES.replace(
    "ports: [PORT]", 'ports: ["8080"]\n    container_name: page-TOKEN'
).replace("ASKED", "page-TOKEN")


def modes(sandbox: Sandbox) -> set[str]:
    """The kinds of networks that the environment's containers have."""
    shown = docker("inspect", "--format", "{{.HostConfig.NetworkMode}}", *containers(sandbox))
    return {mode.partition(":")[0] for mode in shown}


def is_answered(sandbox: Sandbox) -> bool:
    (port,) = sandbox.service("page")["ports"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port['port']}/", timeout=10) as answer:
        return sandbox.token in answer.read().decode()


def owner(sandbox: Sandbox) -> str:
    environment = sandbox.status()["environment"]["id"]
    return docker("inspect", "--format", "{{.Id}}", f"{environment}-network")[0]


def test_services_reach_each_other_by_name_and_are_reached(sandbox: Sandbox) -> None:
    sandbox.profile(PROFILE)
    up(sandbox)
    eventually(lambda: sandbox.token in sandbox.run("logs", "client").stdout)
    assert is_answered(sandbox)
    assert "container" in modes(sandbox)
    assert len(containers(sandbox)) == 3
    sandbox.run("down")
    environment = sandbox.status()["environment"]["id"]
    assert docker("ps", "-aq", "--filter", f"label=dev.devenv.environment={environment}") == []


def test_a_compose_file_can_ask_for_it(sandbox: Sandbox) -> None:
    sandbox.write("compose.yaml", COMPOSE)
    up(sandbox)
    eventually(lambda: sandbox.token in sandbox.run("logs", "client").stdout)
    assert is_answered(sandbox)


def test_a_second_up_leaves_all_as_it_is(sandbox: Sandbox) -> None:
    sandbox.profile(PROFILE)
    up(sandbox)
    before = containers(sandbox)
    up(sandbox)
    sandbox.kill_daemon()
    up(sandbox)
    assert containers(sandbox) == before
    sandbox.run("stop", "page")
    up(sandbox)
    assert sandbox.states() == {"page": "ready", "client": "ready"}
    assert is_answered(sandbox)


def test_all_come_up_again_when_the_owner_is_gone(sandbox: Sandbox) -> None:
    sandbox.profile(PROFILE)
    up(sandbox)
    before = owner(sandbox)
    docker("rm", "-f", before)
    eventually(lambda: len(containers(sandbox)) == 3 and owner(sandbox) != before)
    eventually(lambda: set(sandbox.states().values()) == {"ready"})
    eventually(lambda: is_answered(sandbox))


def test_ports_that_clash_are_refused_in_words(sandbox: Sandbox) -> None:
    sandbox.profile(PROFILE.replace("    ports:", "    scale: 2\n    ports:"))
    refused = sandbox.run("up", "-d", check=False)
    assert "page and page[1] listen on 8080/tcp" in refused.stderr
    both = PROFILE.replace("    depends_on: [page]", '    ports: ["own: auto:8080"]')
    sandbox.profile(both)
    refused = sandbox.run("up", "-d", check=False)
    assert refused.returncode == 1
    assert "client and page listen on 8080/tcp" in refused.stderr


def test_a_service_that_wants_another_network_says_so(sandbox: Sandbox) -> None:
    sandbox.profile(PROFILE.replace("    depends_on: [page]", "    network_mode: none"))
    refused = sandbox.run("up", "-d", check=False)
    assert refused.returncode == 1
    assert "`network_mode: none` cannot be had where all share a network" in refused.stderr
