"""Where a real cluster has the images of a preview from: loaded, pinned, and on its node only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from devenv.runtimes.kubernetes.names import ENFORCE
from tests.lab.cluster import Cluster
from tests.lab.containerd import Containerd
from tests.lab.engine import Engine
from tests.scenarios.sandbox import Sandbox
from tests.scenarios.test_preview_digests import push, tag_of
from tests.scenarios.test_previews import git
from tests.scenarios.test_previews_in_a_cluster import images, previews, stocked

__all__ = ["stocked"]
pytestmark = pytest.mark.timeout(300)
COMPOSE = """
x-usual: &usual {user: "1000:1000", init: false, command: [sleep, "1000"]}
services:
  web: {<<: *usual, build: .}
  worker: {<<: *usual, image: "PINNED"}
  cache: {<<: *usual, image: "lab/redis:7"}
"""


@pytest.fixture
def shop(
    stocked: Cluster, team_member: Cluster, engine: Engine, sandbox: Sandbox
) -> Iterator[Sandbox]:
    """A repository with an image that is built, one of a registry, and one of the node's."""
    sandbox.extra |= {"KUBECONFIG": team_member.kubeconfig, "DOCKER_HOST": engine.host}
    sandbox.write("compose.yaml", COMPOSE.replace("PINNED", tag_of(sandbox, engine)))
    sandbox.write("Dockerfile", "FROM lab/busybox:1\nCOPY page /page\n")
    sandbox.write("page", "made for TOKEN")
    git(sandbox.checkout, "init", "-q", "-b", "main")
    git(sandbox.checkout, "config", "user.email", "me@example.com")
    yield sandbox
    sandbox.run("preview", "down", "--wait", check=False, timeout=120)


def socket_of(cluster: Cluster) -> Path:
    return Path(cluster.kubeconfig).parents[1] / "run" / "containerd" / "containerd.sock"


def test_images_are_loaded_pinned_or_there_and_all_pods_run_restricted(
    shop: Sandbox, stocked: Cluster, engine: Engine
) -> None:
    digest, socket = push(shop, engine, "first"), socket_of(stocked)
    entry = ("--images", f"containerd:{socket}", "--pod-security", "restricted")
    shop.run("cluster", "add", "lab", "--context", stocked.context, *entry)
    checked = shop.run("cluster", "check", check=False).stdout
    assert f"ok     images can be loaded into containerd:{socket}" in checked
    assert "ok     namespaces that enforce Pod Security restricted" in checked
    shop.run("preview", "up", "--wait", timeout=200)
    (preview,) = previews(shop)
    (home,) = stocked.get("namespace", preview["namespace"])
    assert home["metadata"]["labels"][ENFORCE] == "restricted"
    worker, cache, web = sorted(images(stocked, shop))
    assert worker == f"{tag_of(shop, engine)}@{digest}"
    assert cache == "lab/redis:7"
    assert web.startswith("localhost/")
    again = shop.run("preview", "up", "--wait", timeout=90)
    assert "loads" not in again.stdout + again.stderr
    shop.run("preview", "down", "--wait", timeout=120)
    Containerd(str(socket)).ctr("images", "rm", web)
