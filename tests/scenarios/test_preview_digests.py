"""Images of previews that are not built: what their tags mean is asked once, and kept."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.fakes.apiserver import CONTEXT
from tests.fakes.thread import Beside
from tests.lab.engine import Engine
from tests.runtimes.test_docker_login import Registry, logged_in, registry
from tests.scenarios.sandbox import NO_ENGINE, Sandbox
from tests.scenarios.test_preview_images import container_in, image_in
from tests.scenarios.test_previews import git

__all__ = ["registry"]
pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def shop(cluster: Beside, engine: Engine, sandbox: Sandbox) -> Sandbox:
    """A repository whose only image is in a registry, under a tag that nobody else has."""
    kubeconfig = str(cluster.server.kubeconfig(sandbox.base))
    sandbox.extra |= {"KUBECONFIG": kubeconfig, "DOCKER_HOST": engine.host}
    with_image(sandbox, tag_of(sandbox, engine))
    git(sandbox.checkout, "init", "-q", "-b", "main")
    git(sandbox.checkout, "config", "user.email", "me@example.com")
    sandbox.run("cluster", "add", "fake", "--context", CONTEXT)
    return sandbox


def with_image(shop: Sandbox, image: str, *more: str) -> None:
    shop.write("compose.yaml", f"services: {{web: {{{', '.join([f'image: {image!r}', *more])}}}}}")


def tag_of(shop: Sandbox, engine: Engine) -> str:
    return f"{engine.registry}/team/web:{shop.token}"


def push(shop: Sandbox, engine: Engine, page: str) -> str:
    """Let the tag mean another image; return the digest of that."""
    image = tag_of(shop, engine)
    text = f"FROM lab/busybox:1\nLABEL page={page}-{shop.token}\n"
    for words in (("build", "-q", "-t", image, "-"), ("push", "-q", image)):
        subprocess.run(("docker", *words), input=text.encode(), check=True, capture_output=True)
    done = subprocess.run(
        ("docker", "image", "inspect", "--format", "{{json .RepoDigests}}", image),
        check=True,
        capture_output=True,
    )
    found: str = json.loads(done.stdout)[0].partition("@")[2]
    subprocess.run(("docker", "rmi", image), check=True, capture_output=True)
    return found


def planned(shop: Sandbox, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shop.run("preview", "up", "--plan", "--json", *words).stdout)
    return found


def told(shop: Sandbox) -> list[str]:
    """What a plan says of digests."""
    said = [one["message"] for one in planned(shop)["problems"] if one["warning"]]
    return [one for one in said if "the image is applied" in one]


def changes(cluster: Beside) -> int:
    return cluster.ask(lambda one: sum(c.plural != "namespaces" for c in one.store.changes))


def test_a_tag_is_pinned_until_somebody_asks_for_what_it_means_now(
    shop: Sandbox, cluster: Beside, engine: Engine
) -> None:
    image, first = tag_of(shop, engine), push(shop, engine, "first")
    assert told(shop) == []
    shop.run("preview", "up", "--wait", timeout=90)
    assert image_in(cluster) == f"{image}@{first}"

    second, before = push(shop, engine, "second"), changes(cluster)
    assert (planned(shop)["objects"], planned(shop)["rounds"]) == ([], [])
    shop.run("preview", "up", "--wait", timeout=90)
    assert (image_in(cluster), changes(cluster)) == (f"{image}@{first}", before)
    with_image(shop, image, "environment: {LEVEL: '2'}")
    shop.run("preview", "up", "--wait", timeout=90)
    assert image_in(cluster) == f"{image}@{first}", "another variable is no wish for another image"

    (changed,) = (one for one in planned(shop, "--pull")["objects"] if one["kind"] == "Deployment")
    assert any(second in line for line in changed["lines"])
    shop.run("preview", "up", "--pull", "--wait", timeout=90)
    assert image_in(cluster) == f"{image}@{second}"


def test_what_is_pinned_is_known_to_another_machine_and_to_the_next_daemon(
    shop: Sandbox, cluster: Beside, engine: Engine
) -> None:
    image, first = tag_of(shop, engine), push(shop, engine, "first")
    shop.run("preview", "up", "--wait", timeout=90)
    push(shop, engine, "second")
    shop.kill_daemon()
    shop.run("preview", "up", "--wait", timeout=90)
    assert image_in(cluster) == f"{image}@{first}"
    shop.kill_daemon()
    shop.extra["XDG_STATE_HOME"] = str(shop.base / "another")
    assert planned(shop)["objects"] == []
    shop.run("preview", "up", "--wait", timeout=90)
    assert image_in(cluster) == f"{image}@{first}"


def test_an_up_with_nothing_to_do_asks_no_registry(
    shop: Sandbox, cluster: Beside, engine: Engine
) -> None:
    image, first = tag_of(shop, engine), push(shop, engine, "first")
    shop.run("preview", "up", "--wait", timeout=90)
    shop.extra["DOCKER_HOST"] = NO_ENGINE
    assert told(shop) == []
    shop.run("preview", "up", "--wait", timeout=90)
    assert image_in(cluster) == f"{image}@{first}"


def test_what_no_registry_has_is_applied_as_written_and_told_once(
    shop: Sandbox, cluster: Beside, engine: Engine
) -> None:
    image = tag_of(shop, engine)
    (said,) = told(shop)
    assert said.startswith("web: the image is applied by its tag as it is written")
    shown = shop.run("preview", "up", "--plan").stdout
    assert "compose.yaml:1" in shown
    assert "preview up --pull" in shown
    shop.run("preview", "up", "--wait", timeout=90)
    assert image_in(cluster) == image
    assert "its tag as it is written" in shop.run("-e", environment(shop), "events").stdout
    assert told(shop) == []
    digest = push(shop, engine, "late")
    shop.run("preview", "up", "--wait", timeout=90)
    assert image_in(cluster) == image
    shop.run("preview", "up", "--pull", "--wait", timeout=90)
    assert image_in(cluster) == f"{image}@{digest}"


def environment(shop: Sandbox) -> str:
    (found,) = json.loads(shop.run("preview", "list", "--json").stdout)["previews"]
    return f"{found['name']}.fake"


def test_without_an_engine_images_are_applied_as_written(
    shop: Sandbox, cluster: Beside, engine: Engine
) -> None:
    shop.extra["DOCKER_HOST"] = NO_ENGINE
    (said,) = told(shop)
    assert "no engine listens" in said
    shop.run("preview", "up", "--wait", timeout=90)
    assert image_in(cluster) == tag_of(shop, engine)


def test_what_is_on_the_node_only_is_never_asked_for(
    shop: Sandbox, cluster: Beside, engine: Engine
) -> None:
    push(shop, engine, "first")
    with_image(shop, tag_of(shop, engine), "pull_policy: never")
    assert told(shop) == []
    shop.run("preview", "up", "--wait", timeout=90)
    made = container_in(cluster)
    assert (made["image"], made["imagePullPolicy"]) == (tag_of(shop, engine), "Never")


def test_a_registry_that_asks_who_one_is_is_asked_with_the_users_login(
    shop: Sandbox, cluster: Beside, registry: Registry
) -> None:
    with_image(shop, registry.image)
    assert len(told(shop)) == 1
    shop.extra["DOCKER_CONFIG"] = str(logged_in(shop.base / "docker", registry.address))
    assert told(shop) == []
    shop.run("preview", "up", "--wait", timeout=90)
    assert image_in(cluster).startswith(f"{registry.image}@sha256:")
