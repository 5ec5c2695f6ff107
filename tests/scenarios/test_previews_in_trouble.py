"""What goes wrong with a preview in a real cluster, told in plain words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import pytest

from devenv.runtimes.kubernetes import names
from tests.lab.cluster import Cluster
from tests.scenarios.sandbox import Sandbox, eventually
from tests.scenarios.test_previews_in_a_cluster import git, previews, stocked

__all__ = ["stocked"]
pytestmark = pytest.mark.timeout(400)
WITHIN = 120.0
COMPOSE = """
services:
  good: {image: "lab/redis:7"}
  lost: {image: "127.0.0.1:1/nowhere:1"}
  ends: {image: "lab/python:3.11", command: [python3, -c, raise SystemExit(3)], restart: always}
  huge:
    image: lab/redis:7
    deploy: {resources: {limits: {cpus: "4"}, reservations: {cpus: "4"}}}
"""
ONE = 'services: {good: {image: "lab/redis:7"}}'
MORE = """
services:
  good: {image: "lab/redis:7"}
  more: {image: "lab/redis:7"}
  data: {image: "lab/redis:7", volumes: ["kept:/kept"]}
  task: {image: "lab/redis:7", command: ["true"]}
  last: {image: "lab/redis:7", depends_on: {task: {condition: service_completed_successfully}}}
volumes: {kept: {}}
"""
UP = {"good": "ready", "more": "ready", "data": "ready", "task": "done", "last": "stopped"}
HOLD = '{"metadata": {"finalizers": ["example.com/hold"]}}'
FREE = '{"metadata": {"finalizers": null}}'


@pytest.fixture
def shop(stocked: Cluster, sandbox: Sandbox) -> Iterator[Sandbox]:
    sandbox.extra["KUBECONFIG"] = stocked.kubeconfig
    sandbox.write("compose.yaml", ONE)
    git(sandbox.checkout, "init", "-q", "-b", "main")
    git(sandbox.checkout, "config", "user.email", "me@example.com")
    sandbox.run("cluster", "add", "lab", "--context", stocked.context)
    yield sandbox
    for one in previews(sandbox):
        sandbox.run("preview", "down", one["name"], check=False, timeout=120)


def reasons(shop: Sandbox) -> dict[str, str]:
    services = json.loads(shop.run("preview", "status", "--json").stdout)["services"]
    return {one["name"]: one["reason"] for one in services}


def says(shop: Sandbox, service: str, words: str) -> bool:
    return words in reasons(shop)[service]


def states(shop: Sandbox) -> dict[str, str]:
    services = json.loads(shop.run("preview", "status", "--json").stdout)["services"]
    return {one["name"]: one["state"] for one in services}


def test_each_service_says_what_is_wrong_with_it(shop: Sandbox) -> None:
    shop.write("compose.yaml", COMPOSE)
    shop.run("preview", "up")
    said = {
        "lost": "image pull failed",
        "ends": "keeps ending: exit code 3",
        "huge": "no node takes it",
    }
    for service, words in said.items():
        eventually(partial(says, shop, service, words), within=WITHIN)
    eventually(lambda: states(shop)["good"] == "ready", within=WITHIN)
    (found,) = previews(shop)
    assert said["lost"] in shop.run("why", "-e", found["name"], "lost").stdout


def test_a_quota_that_is_too_small_is_told_until_it_is_not(shop: Sandbox, stocked: Cluster) -> None:
    shop.run("preview", "up", "--wait", "--timeout", "90", timeout=100)
    (found,) = previews(shop)
    within = ("--namespace", found["namespace"])
    stocked.kubectl("create", "quota", "small", "--hard=pods=1", *within)
    shop.write("compose.yaml", MORE)
    shop.run("preview", "up", "more", "data", "task")
    waits = "waiting for quota: needs 1 of pods, 0 left"
    for service in ("more", "data", "task"):
        eventually(partial(says, shop, service, waits), within=WITHIN)
    stocked.kubectl("delete", "quota", "small", *within)
    eventually(lambda: states(shop) == UP, within=300)


def test_what_only_keeps_its_data_is_down(shop: Sandbox, stocked: Cluster) -> None:
    shop.write("compose.yaml", MORE)
    shop.run("preview", "up", "data", "--wait", "--timeout", "90", timeout=100)
    (found,) = previews(shop)
    within = ("--namespace", found["namespace"])
    script = "echo one >/kept/file"
    shop.run("preview", "exec", "data", "--", "sh", "-c", script)
    shop.run("-e", found["name"], "down", timeout=90)
    assert [one["state"] for one in previews(shop)] == ["down"]
    assert stocked.get("pods", *within) == []
    shop.run("preview", "up", "data", "--wait", "--timeout", "90", timeout=100)
    assert [one["state"] for one in previews(shop)] == ["ready"]
    assert shop.run("preview", "exec", "data", "--", "cat", "/kept/file").stdout == "one\n"


def test_a_pod_that_is_evicted_comes_back(shop: Sandbox, stocked: Cluster) -> None:
    shop.run("preview", "up", "--wait", "--timeout", "90", timeout=100)
    (found,) = previews(shop)
    selector = f"--selector={names.SERVICE}=good"
    (pod,) = stocked.get("pods", "--namespace", found["namespace"], selector)
    metadata = {"name": pod["metadata"]["name"], "namespace": found["namespace"]}
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
    asked = shop.write("eviction.json", json.dumps(eviction))
    path = f"/api/v1/namespaces/{found['namespace']}/pods/{metadata['name']}/eviction"
    stocked.kubectl("create", "--raw", path, "--filename", str(asked))

    def replaced() -> bool:
        pods = stocked.get("pods", "--namespace", found["namespace"], selector)
        return pod["metadata"]["uid"] not in {one["metadata"]["uid"] for one in pods}

    eventually(replaced, within=WITHIN)
    eventually(lambda: states(shop)["good"] == "ready", within=WITHIN)


def test_a_finalizer_is_named_and_left_to_who_has_set_it(shop: Sandbox, stocked: Cluster) -> None:
    shop.run("preview", "up", "--wait", "--timeout", "90", timeout=100)
    (found,) = previews(shop)
    within = ("--namespace", found["namespace"])
    stocked.kubectl("create", "configmap", "held", *within)
    stocked.kubectl("patch", "configmap", "held", *within, "--type=merge", "--patch", HOLD)
    try:
        done = shop.run("preview", "down", "--wait", check=False, timeout=90)
        assert done.returncode == 1
        assert "example.com/hold" in done.stderr
        assert "configmaps" in done.stderr
        (held,) = stocked.get("configmap", "held", *within)
        assert held["metadata"]["finalizers"] == ["example.com/hold"]
    finally:
        stocked.kubectl("patch", "configmap", "held", *within, "--type=merge", "--patch", FREE)
    eventually(lambda: previews(shop) == [], within=WITHIN)


def test_a_namespace_of_its_name_that_is_not_ours_is_untouched(
    shop: Sandbox, stocked: Cluster
) -> None:
    name = shop.run("preview", "render").stdout.split("\n  name: ")[1].split("\n")[0]
    stocked.kubectl("create", "namespace", name)
    try:
        (before,) = stocked.get("namespace", name)
        shop.run("preview", "up", "--wait", "--timeout", "90", timeout=100)
        (found,) = previews(shop)
        assert found["namespace"] == f"{name}-2"
        shop.run("preview", "down", "--wait", "--timeout", "90", timeout=100)
        (after,) = stocked.get("namespace", name)
        assert after["metadata"] == before["metadata"]
        assert stocked.get("pods", "--namespace", name) == []
    finally:
        stocked.kubectl("delete", "namespace", name, "--wait=false")
