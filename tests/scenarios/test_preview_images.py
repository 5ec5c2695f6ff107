"""Images of previews that are built: by a real engine, in a real registry; the cluster is told."""

from __future__ import annotations

import re
import urllib.request
from typing import Any

import pytest

from tests.fakes.apiserver import CONTEXT
from tests.fakes.thread import Beside
from tests.lab.engine import Engine
from tests.scenarios.sandbox import Sandbox, eventually
from tests.scenarios.test_previews import git, previews

pytestmark = pytest.mark.timeout(180)
COMPOSE = "services: {web: {build: ., init: false}}"


@pytest.fixture
def shop(cluster: Beside, engine: Engine, sandbox: Sandbox) -> Sandbox:
    """A repository whose only service is built, and whose image nobody has built before."""
    kubeconfig = str(cluster.server.kubeconfig(sandbox.base))
    sandbox.extra |= {"KUBECONFIG": kubeconfig, "DOCKER_HOST": engine.host}
    sandbox.write("compose.yaml", COMPOSE)
    sandbox.write("Dockerfile", "FROM lab/busybox:1\nCOPY page /page\n")
    sandbox.write("page", "made for TOKEN")
    git(sandbox.checkout, "init", "-q", "-b", "main")
    git(sandbox.checkout, "config", "user.email", "me@example.com")
    return sandbox


def with_registry(shop: Sandbox, registry: str) -> None:
    shop.run("cluster", "add", "fake", "--context", CONTEXT, "--registry", registry)


def image_in(cluster: Beside) -> str:
    """What the web's pods are made from."""
    return str(container_in(cluster)["image"])


def container_in(cluster: Beside) -> dict[str, Any]:
    (made,) = [one for key, one in cluster.server.store.objects.items() if key[0] == "deployments"]
    found: dict[str, Any] = made["spec"]["template"]["spec"]["containers"][0]
    return found


def test_an_image_is_built_and_pushed_once_and_pinned(
    shop: Sandbox, cluster: Beside, engine: Engine
) -> None:
    with_registry(shop, f"{engine.registry}/team")
    first = shop.run("preview", "up", "--wait", timeout=90)
    assert "pushes" in first.stdout + first.stderr
    image = image_in(cluster)
    pattern = rf"{engine.registry}/team/[a-z0-9-]+-web:[0-9a-f]{{32}}@sha256:[0-9a-f]{{64}}"
    assert re.fullmatch(pattern, image)
    name, _, digest = image.removeprefix(f"{engine.registry}/").partition("@")
    url = f"http://{engine.registry}/v2/{name.partition(':')[0]}/manifests/{digest}"
    accepted = "application/vnd.docker.distribution.manifest.v2+json"
    asked = urllib.request.Request(url, headers={"Accept": accepted})
    with urllib.request.urlopen(asked, timeout=20) as answer:
        assert answer.headers["Docker-Content-Digest"] == digest

    shop.run("preview", "down", "--wait")
    again = shop.run("preview", "up", "--wait", timeout=90)
    assert "pushes" not in again.stdout + again.stderr
    assert image_in(cluster) == image

    shop.write("page", "made anew for TOKEN")
    shop.run("preview", "up", "--wait", timeout=90)
    assert image_in(cluster).partition(":")[2] != image.partition(":")[2]


def test_without_a_registry_it_is_said_before_anything_is_made(
    shop: Sandbox, cluster: Beside
) -> None:
    with_registry(shop, "")
    done = shop.run("preview", "up", check=False)
    assert done.returncode == 1
    assert "compose.yaml:1" in done.stderr
    assert "no registry to push to (devenv cluster add --registry|--images)" in done.stderr
    assert cluster.names("namespaces") == []


def test_a_registry_may_be_named_later(shop: Sandbox, engine: Engine) -> None:
    with_registry(shop, "")
    with_registry(shop, engine.registry)
    assert engine.registry in shop.run("cluster", "list").stdout
    assert f"image: {engine.registry}/" in shop.run("preview", "render").stdout


def test_a_build_that_fails_is_told_with_its_last_lines(shop: Sandbox, engine: Engine) -> None:
    with_registry(shop, engine.registry)
    shop.write("Dockerfile", "FROM lab/busybox:1\nRUN echo what TOKEN lacks && false\n")
    done = shop.run("preview", "up", "--wait", check=False, timeout=90)
    assert done.returncode == 1
    assert f"what {shop.token} lacks" in done.stderr


def test_a_registry_that_does_not_answer_is_told(shop: Sandbox) -> None:
    with_registry(shop, "127.0.0.1:1")
    done = shop.run("preview", "up", "--wait", check=False, timeout=90)
    assert done.returncode == 1
    assert "127.0.0.1:1" in done.stderr
    assert "refused" in done.stderr


def test_what_cannot_be_a_registry_is_refused(shop: Sandbox) -> None:
    done = shop.run(
        "cluster", "add", "fake", "--context", CONTEXT, "--registry", "https://x", check=False
    )
    assert done.returncode == 2
    assert "cannot be a registry" in done.stderr


WATCHED = """
services:
  web:
    build: .
    init: false
    command: ["serve"]
    develop:
      watch:
        - {path: ./page, action: rebuild}
        - {path: ./src, action: sync+restart, target: app}
"""


def test_a_save_rebuilds_and_where_that_fails_the_old_pods_go_on(
    shop: Sandbox, cluster: Beside, engine: Engine
) -> None:
    with_registry(shop, engine.registry)
    shop.write("compose.yaml", WATCHED)
    shop.run("preview", "up", "--wait", timeout=90)
    first = image_in(cluster)
    shop.write("page", "another one for TOKEN")
    eventually(lambda: image_in(cluster) != first, within=60)
    second = image_in(cluster)
    assert re.search(r":[0-9a-f]{32}@sha256:[0-9a-f]{64}$", second)

    (preview,) = previews(shop)
    words = ("events", "-e", f"{preview['name']}.fake")
    shop.write("Dockerfile", "FROM lab/busybox:1\nRUN exit 3\nCOPY page /page\n")
    shop.write("page", "a third one for TOKEN")
    eventually(lambda: "rebuild of " in shop.run(*words).stdout, within=60)
    assert image_in(cluster) == second
    assert previews(shop)[0]["state"] == "ready"
    shop.write("Dockerfile", "FROM lab/busybox:1\nCOPY page /page\n")
    shop.write("page", "a fourth one for TOKEN")
    eventually(lambda: image_in(cluster) != second, within=60)


def test_what_an_image_runs_is_asked_where_saves_restart_it(
    shop: Sandbox, cluster: Beside, engine: Engine
) -> None:
    with_registry(shop, engine.registry)
    cluster.server.kubelet.root = shop.base
    text = 'FROM lab/busybox:1\nCOPY page /page\nENTRYPOINT ["sh", "/start"]\nCMD ["nothing"]\n'
    shop.write("Dockerfile", text)
    shop.write("compose.yaml", WATCHED)
    shop.run("preview", "up", "--wait", timeout=90)
    made = container_in(cluster)
    assert made["command"][-3:] == ["sh", "/start", "serve"]
    assert "args" not in made

    shop.run("preview", "down", "--wait")
    shop.run("daemon", "stop")
    shop.run("preview", "up", "--wait", timeout=90)
    assert container_in(cluster)["command"] == made["command"], "asked of the registry"
