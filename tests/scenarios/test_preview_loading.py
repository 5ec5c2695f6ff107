"""Images of previews that are loaded into a node of this machine: a real containerd takes them."""

from __future__ import annotations

import pytest

from tests.fakes.apiserver import CONTEXT
from tests.fakes.thread import Beside
from tests.lab.containerd import Containerd
from tests.lab.engine import Engine
from tests.scenarios.sandbox import Sandbox
from tests.scenarios.test_preview_digests import planned
from tests.scenarios.test_preview_images import WATCHED, container_in, image_in, shop
from tests.scenarios.test_previews import bring_up

__all__ = ["shop"]
pytestmark = pytest.mark.timeout(240)
ADD = ("cluster", "add", "fake", "--context", CONTEXT)

SEEDED = """
services:
  web: {build: ., init: false, depends_on: {seed: {condition: service_completed_successfully}}}
  seed: {build: ., init: false}
"""


def loaded(containerd: Containerd, before: list[str]) -> list[str]:
    return [one for one in containerd.images if one not in before]


def test_an_image_is_built_once_and_loaded_where_it_is_missing(
    shop: Sandbox, cluster: Beside, containerd: Containerd
) -> None:
    shop.run(*ADD, "--images", f"containerd:{containerd.socket}")
    assert f"containerd:{containerd.socket}" in shop.run("cluster", "list").stdout
    assert "ok     images can be loaded" in shop.run("cluster", "check", check=False).stdout
    before = containerd.images
    first = shop.run("preview", "up", "--wait", timeout=120)
    assert "loads localhost/" in first.stdout + first.stderr
    (image,) = loaded(containerd, before)
    made = container_in(cluster)
    assert (made["image"], made["imagePullPolicy"]) == (image, "Never")
    assert f"image: {image}" in shop.run("preview", "render").stdout

    shop.run("preview", "down", "--wait")
    again = shop.run("preview", "up", "--wait", timeout=120)
    said = again.stdout + again.stderr
    assert ("builds" in said, "loads" in said) == (False, False)
    assert image_in(cluster) == image

    shop.write("page", "made anew for TOKEN")
    shop.run("preview", "up", "--wait", timeout=120)
    assert image_in(cluster) in loaded(containerd, [*before, image])

    containerd.ctr("images", "rm", image_in(cluster))
    shop.run("preview", "down", "--wait")
    shop.run("preview", "up", "--wait", timeout=120)
    assert image_in(cluster) in containerd.images


def test_an_image_that_a_node_has_lost_is_loaded_again_but_for_what_is_done(
    shop: Sandbox, cluster: Beside, containerd: Containerd
) -> None:
    shop.write("compose.yaml", SEEDED)
    shop.run(*ADD, "--images", f"containerd:{containerd.socket}")
    before = containerd.images
    bring_up(shop, cluster)
    image = image_in(cluster)
    images = loaded(containerd, before)
    assert (len(images), planned(shop)["rounds"]) == (2, [])
    for one in images:
        containerd.ctr("images", "rm", one)
    rounds = str(planned(shop)["rounds"])
    assert ("web" in rounds, "seed" in rounds) == (True, False)
    again = shop.run("preview", "up", "--wait", timeout=120)
    assert f"loads {image}" in again.stdout + again.stderr
    assert (image_in(cluster), loaded(containerd, before)) == (image, [image])
    assert planned(shop)["rounds"] == []
    shop.run("preview", "down", "--wait")


def test_what_a_loaded_image_runs_is_known_to_the_next_daemon(
    shop: Sandbox, cluster: Beside, containerd: Containerd
) -> None:
    shop.run(*ADD, "--images", f"containerd:{containerd.socket}")
    cluster.server.kubelet.root = shop.base
    text = 'FROM lab/busybox:1\nCOPY page /page\nENTRYPOINT ["sh", "/start"]\nCMD ["nothing"]\n'
    shop.write("Dockerfile", text)
    shop.write("compose.yaml", WATCHED)
    shop.run("preview", "up", "--wait", timeout=120)
    assert container_in(cluster)["command"][-3:] == ["sh", "/start", "serve"]
    shop.run("preview", "down", "--wait")
    shop.run("daemon", "stop")
    shop.run("preview", "up", "--wait", timeout=120)
    assert container_in(cluster)["command"][-3:] == ["sh", "/start", "serve"]
    shop.run("preview", "down", "--wait")


def test_a_node_that_takes_nothing_is_told(shop: Sandbox, cluster: Beside, engine: Engine) -> None:
    shop.run(*ADD, "--images", f"containerd:{shop.base}/none.sock")
    checked = shop.run("cluster", "check", check=False).stdout
    assert f"WRONG  images can be loaded into containerd:{shop.base}/none.sock" in checked
    done = shop.run("preview", "up", "--wait", check=False, timeout=90)
    assert done.returncode == 1
    assert f"no containerd listens at {shop.base}/none.sock" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--images", "minikube"), "--images kind:NAME, or containerd:"),
        (("--images", "containerd:run"), "--images kind:NAME, or containerd:"),
        (("--images", "kind", "--registry", "x.example.com"), "leave out one of both"),
    ],
)
def test_what_no_image_can_be_loaded_into_is_refused(
    shop: Sandbox, words: tuple[str, ...], said: str
) -> None:
    done = shop.run(*ADD, *words, check=False)
    assert done.returncode == 2
    assert said in done.stderr
