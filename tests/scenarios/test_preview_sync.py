"""Files follow into the pods of a preview, whatever becomes of these; a faked cluster runs them."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.apiserver import ApiServer, Fault
from tests.fakes.kubelet import V4, V5, container_of
from tests.fakes.thread import Beside
from tests.scenarios.sandbox import Sandbox, eventually
from tests.scenarios.test_previews import git, previews, shop

__all__ = ["shop"]
pytestmark = pytest.mark.timeout(120)
COMPOSE = """
services:
  web:
    image: shop/web:1
    entrypoint: [run]
    deploy: {replicas: 2}
    develop:
      watch:
        - {path: ./src, action: ACTION, target: app}
"""


@pytest.fixture
def up(shop: Sandbox, cluster: Beside) -> Sandbox:
    """A preview with two pods that have what is in ``src``."""
    return bring_up(shop, cluster)


def bring_up(
    shop: Sandbox,
    cluster: Beside,
    action: str = "sync",
    entrypoint: str = "[run]",
    words: tuple[str, ...] = (),
) -> Sandbox:
    cluster.server.kubelet.root = shop.base / "pods"
    cluster.server.kubelet.root.mkdir()
    text = COMPOSE.replace("ACTION", action).replace("[run]", entrypoint)
    shop.write("compose.yaml", text)
    shop.write("src/page", "one")
    shop.run("preview", "up", "--wait", *words)
    return shop


def pods(cluster: Beside) -> dict[str, str]:
    """The container of each pod."""
    return cluster.ask(
        lambda one: {
            key[2]: container_of(made)
            for key, made in one.store.objects.items()
            if key[0] == "pods"
        }
    )


def said(cluster: Beside, path: str) -> list[str]:
    """What a file says in each pod; "" where there is none."""
    root = cluster.server.kubelet.root
    return [read(root / one / "app" / path) for one in pods(cluster).values()]


def says(cluster: Beside, path: str, text: str) -> bool:
    return said(cluster, path) == [text, text]


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def rule(up: Sandbox, *named: str) -> dict[str, Any]:
    """What is said of the one rule; without a name of an environment, of all of this checkout."""
    (found,) = json.loads(up.run(*named, "sync", "status", "--json").stdout)["rules"]
    return dict(found)


def key_of(server: ApiServer, pod: str) -> tuple[str, str, str]:
    return next(key for key in server.store.objects if key[0] == "pods" and key[2] == pod)


def replace(cluster: Beside, pod: str) -> None:
    """Delete a pod; another one comes in its place."""

    def inside(server: ApiServer) -> None:
        key = key_of(server, pod)
        gone = server.store.objects[key]
        server.store.remove(key)
        server.controllers.replace(gone)

    cluster.ask(inside)


def test_a_save_is_in_every_pod(up: Sandbox, cluster: Beside) -> None:
    eventually(lambda: said(cluster, "page") == ["one", "one"])
    up.write("src/page", "two")
    up.write("src/new/deep/file", "new")
    eventually(lambda: said(cluster, "page") == ["two", "two"])
    eventually(lambda: said(cluster, "new/deep/file") == ["new", "new"])
    (up.checkout / "src" / "page").unlink()
    eventually(lambda: said(cluster, "page") == ["", ""])
    told = rule(up)
    assert (told["state"], told["reason"]) == ("watching", "")
    targets = told["targets"]
    assert [one["name"] for one in targets] == sorted(pods(cluster))
    assert all(one["generation"] >= 2 and one["p95_ms"] is not None for one in targets)
    (preview,) = previews(up)
    assert told["environment"] == f"{preview['name']}.fake"
    assert f"{preview['name']}.fake  web" in up.run("sync", "status").stdout


def test_without_watching_a_save_stays_out_of_the_pods(shop: Sandbox, cluster: Beside) -> None:
    bring_up(shop, cluster, words=("--no-watch",))
    shop.write("src/page", "two")
    told = json.loads(shop.run("sync", "status", "--json").stdout)
    assert (told["rules"], said(cluster, "page")) == ([], ["", ""])
    shop.run("preview", "up", "--wait")
    eventually(lambda: says(cluster, "page", "two"))


def test_a_file_that_is_sent_is_a_use_of_the_preview(shop: Sandbox, cluster: Beside) -> None:
    bring_up(shop, cluster, words=("--no-watch",))
    (namespace,) = cluster.names("namespaces")
    home = f"/api/v1/namespaces/{namespace}"
    before = cluster.server.seen.count(("PATCH", home))
    shop.run("preview", "up", "--wait")
    eventually(lambda: says(cluster, "page", "one"))
    eventually(lambda: cluster.server.seen.count(("PATCH", home)) == before + 2)


def test_a_pod_in_place_of_another_gets_everything_though_it_has_the_same_name(
    up: Sandbox, cluster: Beside
) -> None:
    up.write("src/page", "two")
    eventually(lambda: said(cluster, "page") == ["two", "two"])
    before = pods(cluster)
    replace(cluster, "web-0")
    up.write("src/late", "saved during its first sync")
    eventually(lambda: said(cluster, "page") == ["two", "two"])
    eventually(lambda: said(cluster, "late") == ["saved during its first sync"] * 2)
    after = pods(cluster)
    assert after.keys() == before.keys()
    assert after["web-0"] != before["web-0"]
    assert after["web-1"] == before["web-1"]


def test_a_container_that_was_restarted_in_its_pod_gets_everything_again(
    up: Sandbox, cluster: Beside
) -> None:
    up.write("src/page", "two")
    eventually(lambda: said(cluster, "page") == ["two", "two"])
    cluster.ask(lambda one: one.controllers.restart(key_of(one, "web-1")))
    assert "" in said(cluster, "page")
    eventually(lambda: said(cluster, "page") == ["two", "two"])


def test_a_stream_that_is_cut_is_opened_anew_and_nothing_is_lost(
    up: Sandbox, cluster: Beside
) -> None:
    eventually(lambda: said(cluster, "page") == ["one", "one"])
    for number in range(3):
        up.write("src/page", str(number))
        cluster.ask(lambda one: one.kubelet.cut())
        up.write("src/other", str(number))
        eventually(partial(says, cluster, "page", str(number)))
        eventually(partial(says, cluster, "other", str(number)))


def test_a_server_that_refuses_for_a_while_keeps_nothing_back_for_good(
    up: Sandbox, cluster: Beside
) -> None:
    eventually(lambda: said(cluster, "page") == ["one", "one"])
    cluster.server.faults = [Fault("GET", "/exec", 500), Fault("GET", "/exec", 403)]
    cluster.ask(lambda one: one.kubelet.cut())
    up.write("src/page", "two")
    eventually(lambda: said(cluster, "page") == ["two", "two"])
    assert cluster.server.faults == []


def test_an_older_protocol_will_do(shop: Sandbox, cluster: Beside) -> None:
    cluster.server.kubelet.protocols = (V4,)
    bring_up(shop, cluster)
    eventually(lambda: says(cluster, "page", "one"))
    for number in range(3):
        shop.write("src/page", str(number))
        eventually(partial(says, cluster, "page", str(number)))
    assert rule(shop)["state"] == "watching"


def test_a_server_that_does_not_speak_the_protocol_is_told(shop: Sandbox, cluster: Beside) -> None:
    cluster.server.kubelet.protocols = ("v3.channel.k8s.io",)
    bring_up(shop, cluster)
    eventually(lambda: rule(shop)["state"] == "unreachable")
    assert f"speaks neither {V5} nor {V4}" in shop.run("sync", "status").stdout
    cluster.server.kubelet.protocols = (V5,)
    eventually(lambda: says(cluster, "page", "one"))


def test_a_pod_that_goes_while_files_are_sent_keeps_nothing_from_the_others(
    up: Sandbox, cluster: Beside
) -> None:
    eventually(lambda: says(cluster, "page", "one"))
    for number in range(40):
        up.write(f"src/many/f{number}", str(number))
        if number % 10 == 5:
            replace(cluster, f"web-{number % 2}")
    eventually(partial(says, cluster, "many/f39", "39"))
    assert all(says(cluster, f"many/f{number}", str(number)) for number in range(40))
    eventually(lambda: rule(up)["state"] == "watching")


@pytest.mark.parametrize("lacking", ["sh", "tar"])
def test_an_image_without_the_tools_is_refused_in_words(
    shop: Sandbox, cluster: Beside, lacking: str
) -> None:
    cluster.server.kubelet.lacking = lacking
    bring_up(shop, cluster)
    eventually(lambda: rule(shop)["state"] == "unreachable")
    why = f"the image has no {lacking}: nothing can be sent there"
    assert why in shop.run("sync", "status").stdout


def test_a_command_runs_in_every_pod_once_the_files_are_there(
    shop: Sandbox, cluster: Beside
) -> None:
    bring_up(shop, cluster, "sync+exec, exec: {command: [cp, page, copy], working_dir: app}")
    eventually(lambda: said(cluster, "page") == ["one", "one"])
    shop.write("src/page", "two")
    eventually(lambda: said(cluster, "copy") == ["two", "two"])


def test_a_command_of_another_user_is_refused_in_words(shop: Sandbox, cluster: Beside) -> None:
    bring_up(shop, cluster, "sync+exec, exec: {command: [cp, app/page, app/copy], user: root}")
    eventually(lambda: says(cluster, "page", "one"))
    shop.write("src/page", "two")
    (preview,) = previews(shop)
    words = ("events", "-e", f"{preview['name']}.fake")
    why = "cp: a cluster runs commands only as the pod itself runs"
    eventually(lambda: why in shop.run(*words).stdout)
    assert said(cluster, "copy") == ["", ""]


def renewed(cluster: Beside) -> list[str]:
    """The containers whose program was begun anew, in whatever order."""
    return sorted(cluster.server.kubelet.renewed)


def test_a_restart_is_of_the_program_within_each_pod(shop: Sandbox, cluster: Beside) -> None:
    bring_up(shop, cluster, "sync+restart")
    eventually(lambda: says(cluster, "page", "one"))
    there = pods(cluster)
    eventually(lambda: renewed(cluster) == sorted(there.values()))
    cluster.server.kubelet.renewed.clear()
    shop.write("src/page", "two")
    eventually(lambda: renewed(cluster) == sorted(there.values()))
    assert says(cluster, "page", "two")
    assert pods(cluster) == there
    cluster.server.kubelet.renewed.clear()
    replace(cluster, "web-0")
    eventually(lambda: renewed(cluster) == [pods(cluster)["web-0"]])
    assert says(cluster, "page", "two")


def test_a_restart_is_refused_where_nobody_knows_what_the_image_runs(
    shop: Sandbox, cluster: Beside
) -> None:
    bring_up(shop, cluster, "sync+restart, ignore: [x]", entrypoint="[]")
    eventually(lambda: says(cluster, "page", "one"))
    shop.write("src/page", "two")
    (preview,) = previews(shop)
    words = ("events", "-e", f"{preview['name']}.fake")
    why = "what its image runs is not known"
    eventually(lambda: why in shop.run(*words).stdout)
    assert renewed(cluster) == []
    assert says(cluster, "page", "two")


def test_only_the_branch_of_the_preview_is_sent(up: Sandbox, cluster: Beside) -> None:
    eventually(lambda: said(cluster, "page") == ["one", "one"])
    git(up.checkout, "add", "-A")
    git(up.checkout, "commit", "-qm", "src")
    git(up.checkout, "switch", "-q", "-c", "other")
    up.write("src/page", "of another branch")
    git(up.checkout, "commit", "-qam", "other page")
    eventually(lambda: rule(up)["state"] == "held")
    assert rule(up)["reason"] == f"other is checked out in {up.checkout}, not main"
    assert says(cluster, "page", "one")
    git(up.checkout, "switch", "-q", "main")
    up.write("src/page", "two")
    eventually(lambda: said(cluster, "page") == ["two", "two"])
    assert rule(up)["state"] == "watching"


def test_a_preview_of_a_branch_that_is_not_checked_out_is_not_synced(
    shop: Sandbox, cluster: Beside
) -> None:
    cluster.server.kubelet.root = shop.base / "pods"
    shop.write("compose.yaml", COMPOSE.replace("ACTION", "sync"))
    shop.write("src/page", "one")
    git(shop.checkout, "add", "-A")
    git(shop.checkout, "commit", "-qm", "src")
    git(shop.checkout, "branch", "feature")
    shop.run("preview", "up", "--branch", "feature", "--wait")
    shop.write("src/page", "two")
    (preview,) = previews(shop)
    told = rule(shop, "-e", f"{preview['name']}.fake")
    assert told["state"] == "held"
    assert told["reason"] == "it was made from feature as it is committed, not from a checkout"
    assert said(cluster, "page") == ["", ""]
