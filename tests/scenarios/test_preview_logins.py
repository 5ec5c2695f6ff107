"""Images of previews that a registry gives to those it knows only: by the user's own log-in."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.apiserver import CONTEXT
from tests.fakes.thread import Beside
from tests.lab.cluster import Cluster
from tests.lab.engine import Engine
from tests.runtimes.test_docker_login import USER, WORD, Registry, logged_in, registry
from tests.scenarios.sandbox import Sandbox
from tests.scenarios.test_previews import git, previews

__all__ = ["registry"]
pytestmark = pytest.mark.timeout(240)
SLEEPS = "command: [sleep, '1000'], init: false"


@pytest.fixture
def closed(sandbox: Sandbox, engine: Engine, registry: Registry) -> Sandbox:
    """A repository whose only image is in a registry that asks who one is."""
    sandbox.extra["DOCKER_HOST"] = engine.host
    sandbox.write("compose.yaml", f"services: {{web: {{image: '{registry.image}', {SLEEPS}}}}}")
    git(sandbox.checkout, "init", "-q", "-b", "main")
    git(sandbox.checkout, "config", "user.email", "me@example.com")
    return sandbox


@pytest.fixture
def told(closed: Sandbox, cluster: Beside) -> Sandbox:
    """The same with a cluster that is only told of it."""
    closed.extra["KUBECONFIG"] = str(cluster.server.kubeconfig(closed.base))
    closed.run("cluster", "add", "fake", "--context", CONTEXT)
    return closed


def of_kind(cluster: Beside, plural: str) -> list[dict[str, Any]]:
    return cluster.ask(
        lambda server: [one for key, one in server.store.objects.items() if key[0] == plural]
    )


def pull_secrets(cluster: Beside) -> list[dict[str, Any]]:
    return [one for one in of_kind(cluster, "secrets") if "dockerconfigjson" in str(one)]


def named_by_pods(cluster: Beside) -> list[str]:
    (made,) = of_kind(cluster, "deployments")
    names = made["spec"]["template"]["spec"].get("imagePullSecrets") or ()
    return [one["name"] for one in names]


def test_a_login_that_an_image_needs_is_a_secret_of_its_namespace(
    told: Sandbox, cluster: Beside, registry: Registry
) -> None:
    told.extra["DOCKER_CONFIG"] = str(logged_in(told.base / "docker", registry.address))
    told.run("preview", "up", "--wait", timeout=90)
    (secret,) = pull_secrets(cluster)
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    held = json.loads(secret["stringData"][".dockerconfigjson"])["auths"][registry.address]
    assert (held["username"], held["password"]) == (USER, WORD)
    assert named_by_pods(cluster) == [secret["metadata"]["name"]]
    others = [one for one in cluster.server.store.objects.values() if one is not secret]
    assert WORD not in json.dumps([one for one in others if one != secret])
    assert written_down(told) == []
    told.run("preview", "down", "--wait")
    assert pull_secrets(cluster) == []


def written_down(told: Sandbox) -> list[Path]:
    """The files of the daemon's that hold the password in any form."""
    pair = base64.b64encode(f"{USER}:{WORD}".encode())
    files = [path for path in told.state.rglob("*") if path.is_file()]
    return [
        path for path in files if WORD.encode() in path.read_bytes() or pair in path.read_bytes()
    ]


def test_without_a_login_there_is_no_secret(told: Sandbox, cluster: Beside) -> None:
    told.extra["DOCKER_CONFIG"] = str(told.base / "nothing")
    told.run("preview", "up", "--wait", timeout=90)
    assert pull_secrets(cluster) == []
    assert named_by_pods(cluster) == []


def test_a_login_that_no_image_needs_stays_at_home(
    told: Sandbox, cluster: Beside, engine: Engine
) -> None:
    image = f"{engine.registry}/lab/busybox:open"
    subprocess.run(("docker", "tag", "lab/busybox:1", image), check=True)
    subprocess.run(("docker", "push", "-q", image), check=True, capture_output=True)
    told.extra["DOCKER_CONFIG"] = str(logged_in(told.base / "docker", engine.registry))
    told.write("compose.yaml", f"services: {{web: {{image: '{image}', {SLEEPS}}}}}")
    told.run("preview", "up", "--wait", timeout=90)
    assert pull_secrets(cluster) == []


def test_a_login_of_no_use_to_a_cluster_is_told(
    told: Sandbox, cluster: Beside, registry: Registry
) -> None:
    folder = told.base / "docker"
    folder.mkdir()
    entry = {"auth": base64.b64encode(b"<token>:x").decode(), "identitytoken": "secret"}
    (folder / "config.json").write_text(json.dumps({"auths": {registry.address: entry}}))
    told.extra["DOCKER_CONFIG"] = str(folder)
    done = told.run("preview", "up", "--wait", timeout=90)
    assert "is a token that only Docker can use" in done.stdout + done.stderr
    assert pull_secrets(cluster) == []


@pytest.fixture
def within(real_cluster: Cluster, registry: Registry, tmp_path: Path) -> Iterator[None]:
    """The same registry on the node, at the same address of its own loopback."""
    node = (Path(real_cluster.kubeconfig).parents[1] / "node.pid").read_text().strip()
    config = tmp_path / "registry" / "config.yml"
    entering = ("nsenter", "--target", node, "--net", "--")
    serving = subprocess.Popen(
        (*entering, "docker-registry", "serve", str(config)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield
    serving.terminate()
    serving.wait()


def test_a_real_cluster_pulls_with_the_login_of_who_brings_it_up(
    closed: Sandbox, registry: Registry, team_member: Cluster, within: None
) -> None:
    closed.extra["KUBECONFIG"] = team_member.kubeconfig
    closed.run("cluster", "add", "lab", "--context", team_member.context)
    try:
        closed.extra["DOCKER_CONFIG"] = str(closed.base / "nothing")
        done = closed.run("preview", "up", "--wait", "--timeout", "60", check=False, timeout=90)
        assert "image pull failed" in done.stderr
        closed.run("preview", "down", "--wait", "--timeout", "60", timeout=90)
        closed.run("daemon", "stop")
        closed.extra["DOCKER_CONFIG"] = str(logged_in(closed.base / "docker", registry.address))
        closed.run("preview", "up", "--wait", "--timeout", "90", timeout=120)
        mine = [one for one in previews(closed) if str(closed.checkout) in one["repository"]]
        assert [one["state"] for one in mine] == ["ready"]
    finally:
        closed.run("preview", "down", "--wait", "--timeout", "60", check=False, timeout=90)
