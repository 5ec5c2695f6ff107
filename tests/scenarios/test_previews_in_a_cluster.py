"""Branch previews in a real cluster: a web app, a worker, PostgreSQL and Redis, twice."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from devenv.runtimes.kubernetes import names
from tests.lab.cluster import Cluster
from tests.lab.engine import Engine
from tests.scenarios.sandbox import Sandbox, eventually
from tests.scenarios.test_examples import copy

pytestmark = pytest.mark.timeout(400)
IMAGES = ("lab/python:3.11", "lab/postgres:15", "lab/redis:7")
OURS = f"--selector={names.MANAGED_BY}={names.OURS}"


@pytest.fixture(scope="session")
def stocked(real_cluster: Cluster, engine: Engine) -> Cluster:
    """The cluster, with the images of the engine's lab on its node."""
    real_cluster.load(IMAGES)
    return real_cluster


@pytest.fixture(params=["team"])
def grant(request: pytest.FixtureRequest) -> tuple[Cluster, tuple[str, ...]]:
    """All that devenv may do here, and the namespaces that are lent to it."""
    if request.param == "team":
        return request.getfixturevalue("team_member"), ()
    return request.getfixturevalue("lent_member"), request.getfixturevalue("lent")


with_each_grant = pytest.mark.parametrize("grant", ["team", "namespace"], indirect=True)


@pytest.fixture
def shop(
    stocked: Cluster,
    engine: Engine,
    sandbox: Sandbox,
    grant: tuple[Cluster, tuple[str, ...]],
) -> Iterator[Sandbox]:
    """A repository with an origin and two branches that look alike, each with a page of its own."""
    member, lent = grant
    sandbox.extra |= {"KUBECONFIG": member.kubeconfig, "DOCKER_HOST": engine.host}
    copy("stall", sandbox.checkout)
    with (sandbox.checkout / "Dockerfile").open("a") as dockerfile:
        dockerfile.write(f"LABEL made-for={sandbox.token}\n")
    git(sandbox.base, "init", "-q", "--bare", "-b", "main", "shop.git")
    git(sandbox.checkout, "init", "-q", "-b", "main")
    git(sandbox.checkout, "config", "user.email", "me@example.com")
    git(sandbox.checkout, "config", "user.name", "me")
    git(sandbox.checkout, "remote", "add", "origin", str(sandbox.base / "shop.git"))
    git(sandbox.checkout, "add", "-A")
    git(sandbox.checkout, "commit", "-qm", "shop")
    for branch in ("feature/a", "feature-a"):
        git(sandbox.checkout, "switch", "-q", "-c", branch, "main")
        (sandbox.checkout / "app" / "title.txt").write_text(f"shop of {branch}")
        git(sandbox.checkout, "commit", "-qam", "another title")
    git(sandbox.checkout, "push", "-q", "origin", "main", "feature/a", "feature-a")
    words = ["--registry", engine.registry]
    words += [word for name in lent for word in ("--namespace", name)]
    sandbox.run("cluster", "add", "lab", "--context", stocked.context, *words)
    yield sandbox
    until_given_back = ("--wait",) if lent else ()
    for one in previews(sandbox):
        sandbox.run("preview", "down", one["name"], *until_given_back, check=False, timeout=120)


def git(folder: Path, *words: str) -> None:
    subprocess.run(("git", *words), cwd=folder, check=True, capture_output=True)


def previews(shop: Sandbox) -> list[dict[str, Any]]:
    found: dict[str, Any] = json.loads(shop.run("preview", "list", "--json").stdout)
    ours: list[dict[str, Any]] = [
        one for one in found["previews"] if str(shop.base) in one["repository"]
    ]
    return ours


def images(cluster: Cluster, shop: Sandbox) -> list[str]:
    """What the pods of its previews are made from."""
    ours = {one["namespace"] for one in previews(shop)}
    return [
        container["image"]
        for pod in cluster.get("pods", "--all-namespaces")
        if pod["metadata"]["namespace"] in ours
        for container in pod["spec"]["containers"]
    ]


def page(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=20) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def url_of(shop: Sandbox, branch: str) -> str:
    done = shop.run("preview", "url", "web", "--branch", branch, "--json")
    found: str = json.loads(done.stdout)["urls"]["web"]
    return found


@with_each_grant
def test_two_branches_side_by_side_from_the_first_up_until_nothing_is_left(
    shop: Sandbox, stocked: Cluster, engine: Engine
) -> None:
    for branch in ("feature/a", "feature-a"):
        words = ("--branch", branch, "--wait", "--timeout", "180")
        shop.run("preview", "up", *words, timeout=200)
    assert [one["state"] for one in previews(shop)] == ["ready", "ready"]
    pages = {branch: page(url_of(shop, branch)) for branch in ("feature/a", "feature-a")}
    assert {branch: one["title"] for branch, one in pages.items()} == {
        "feature/a": "shop of feature/a",
        "feature-a": "shop of feature-a",
    }
    assert [one["goods"] for one in pages.values()] == [3, 3]
    eventually(lambda: page(url_of(shop, "feature/a"))["polished"] > 0, within=60)

    built = {image for image in images(stocked, shop) if engine.registry in image}
    assert len([one for one in built if "-web:" in one]) == 2, "each branch has its own"
    assert all("@sha256:" in image for image in built)

    git(shop.checkout, "push", "-q", "origin", "--delete", "feature/a")
    swept = json.loads(shop.run("preview", "sweep", "--json").stdout)["swept"]
    assert [one["branch"] for one in swept] == ["feature/a"]
    eventually(lambda: [one["branch"] for one in previews(shop)] == ["feature-a"], within=120)
    assert page(url_of(shop, "feature-a"))["title"] == "shop of feature-a"

    shop.run("preview", "down", "--branch", "feature-a", "--wait", "--timeout", "90", timeout=100)
    homes = [*stocked.get("namespaces", OURS), *stocked.get("leases", "--all-namespaces", OURS)]
    assert [one for one in homes if str(shop.base) in str(one)] == []


def test_a_change_never_leaves_a_service_without_a_ready_pod(
    shop: Sandbox, stocked: Cluster, engine: Engine
) -> None:
    git(shop.checkout, "switch", "-q", "feature/a")
    words = ("preview", "up", "cache", "--wait", "--timeout", "180")
    shop.write("devenv.profile.yaml", CACHE)
    shop.run(*words, timeout=200)
    (found,) = previews(shop)
    with available(stocked, found["namespace"], "cache") as told:
        shop.write("devenv.profile.yaml", CACHE.replace("one", "two"))
        shop.run(*words, timeout=200)
        shop.write(
            "devenv.profile.yaml", CACHE.replace("lab/redis:7", f"{engine.registry}/nothing:1")
        )
        done = shop.run(*words, check=False, timeout=200)
        assert done.returncode == 1
        assert "image pull failed" in done.stderr
        shop.write("devenv.profile.yaml", CACHE.replace("one", "three"))
        shop.run(*words, timeout=200)
    assert set(told) <= {"1", "2"}
    assert told
    (running,) = turns(stocked, found["namespace"])
    assert running == "three"


CACHE = """
services:
  cache:
    image: lab/redis:7
    environment: {TURN: one}
    healthcheck: {test: [CMD, redis-cli, ping]}
"""


@contextmanager
def available(cluster: Cluster, namespace: str, deployment: str) -> Iterator[list[str]]:
    """How many pods of a Deployment were ready at each change of it; filled in at the end."""
    what = ("get", "deployment", deployment, "--namespace", namespace, "--watch")
    form = 'jsonpath={.status.availableReplicas}{"\\n"}'
    words = ("kubectl", f"--kubeconfig={cluster.kubeconfig}", *what, "--output", form)
    told: list[str] = []
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as watching:
        try:
            yield told
        finally:
            watching.terminate()
        assert watching.stdout is not None
        told += watching.stdout.read().split("\n")[:-1]


def turns(cluster: Cluster, namespace: str) -> list[str]:
    """What the variable TURN is in each pod that runs and stays."""
    return [
        variable["value"]
        for pod in cluster.get("pods", "--namespace", namespace)
        if "deletionTimestamp" not in pod["metadata"]
        for container in pod["spec"]["containers"]
        for variable in container["env"]
        if variable["name"] == "TURN"
    ]


def test_commands_and_logs_are_those_of_the_pods(shop: Sandbox) -> None:
    git(shop.checkout, "switch", "-q", "feature/a")
    shop.run("preview", "up", "web", "--wait", "--timeout", "180", timeout=200)
    done = shop.run(
        "preview", "exec", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 7", check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (7, "out\n", "err\n")
    done = shop.run("preview", "exec", "web", "--", "no-such-command", check=False)
    assert done.returncode == 127
    assert "executable file not found" in done.stderr
    eventually(lambda: "listens" in shop.run("preview", "logs", "web").stdout, within=60)
    statuses = json.loads(shop.run("preview", "status", "--json").stdout)
    assert statuses["environment"]["kind"] == "preview"
    assert {one["name"]: one["state"] for one in statuses["services"]} == {
        "web": "ready",
        "db": "ready",
        "cache": "ready",
        "seed": "done",
        "worker": "stopped",
    }


@pytest.mark.timeout(900)  # it waits for all others to leave
@pytest.mark.usefixtures("alone_in_cluster")
def test_a_server_that_is_killed_is_gone_on_with(shop: Sandbox, stocked: Cluster) -> None:
    git(shop.checkout, "switch", "-q", "feature/a")
    shop.run("preview", "up", "cache", "--wait", "--timeout", "180", timeout=200)
    stocked.kill("kube-apiserver")
    shop.run("preview", "up", "worker", "--wait", "--timeout", "180", timeout=200)
    (found,) = previews(shop)
    assert {one["name"]: one["state"] for one in found["services"]} == {
        "cache": "ready",
        "worker": "ready",
    }


def test_a_pod_that_somebody_deletes_comes_back_behind_the_same_address(
    shop: Sandbox, stocked: Cluster
) -> None:
    git(shop.checkout, "switch", "-q", "feature/a")
    shop.run("preview", "up", "web", "--wait", "--timeout", "180", timeout=200)
    (found,) = previews(shop)
    url, namespace = url_of(shop, "feature/a"), found["namespace"]
    assert page(url)["goods"] == 3
    selector = f"--selector={names.SERVICE}=web"
    stocked.kubectl("delete", "pod", "--namespace", namespace, selector, "--wait=true")
    shop.run("wait", "-e", found["name"], "web", "--timeout", "90", timeout=100)
    assert url_of(shop, "feature/a") == url
    assert page(url)["goods"] == 3


@with_each_grant
def test_a_save_is_seen_in_the_answers_of_every_pod(shop: Sandbox, stocked: Cluster) -> None:
    git(shop.checkout, "switch", "-q", "feature/a")
    shop.run("preview", "up", "web", "--wait", "--timeout", "180", timeout=200)
    (found,) = previews(shop)
    url, namespace = url_of(shop, "feature/a"), found["namespace"]
    shop.write("app/title.txt", "saved")
    eventually(lambda: page(url)["title"] == "saved", within=60)
    (of_title, _) = rules(shop)
    assert of_title["targets"][0]["p95_ms"] is not None

    selector = f"--selector={names.SERVICE}=web"
    stocked.kubectl("delete", "pod", "--namespace", namespace, selector, "--wait=true")
    eventually(lambda: shown(url).get("title") == "saved", within=120)

    started = program(stocked, namespace)
    text = (shop.checkout / "app" / "web.py").read_text()
    shop.write("app/web.py", text.replace('"Welcome"', '"Hello"'))
    eventually(lambda: shown(url).get("greeting") == "Hello", within=60)
    assert program(stocked, namespace) == started, "the pod and its container stay"
    assert shown(url)["title"] == "saved"

    shop.run("preview", "down", "--wait", "--timeout", "90", timeout=100)
    homes = [*stocked.get("namespaces", OURS), *stocked.get("leases", "--all-namespaces", OURS)]
    assert [one for one in homes if str(shop.base) in str(one)] == []


def rules(shop: Sandbox) -> list[dict[str, Any]]:
    told: dict[str, Any] = json.loads(shop.run("sync", "status", "--json").stdout)
    return [one for one in told["rules"] if one["service"] == "web"]


def shown(url: str) -> dict[str, Any]:
    """The page; nothing while the program or its pod begins anew."""
    try:
        return page(url)
    except (OSError, ValueError):
        return {}


def program(cluster: Cluster, namespace: str) -> list[str]:
    """The containers of the web."""
    pods = cluster.get("pods", "--namespace", namespace, f"--selector={names.SERVICE}=web")
    return [one["status"]["containerStatuses"][0]["containerID"] for one in pods]
