"""Previews in namespaces that were made for them: one is taken, emptied, and free again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.apiserver import CONTEXT, ApiServer
from tests.fakes.thread import Beside
from tests.scenarios.sandbox import Sandbox, eventually
from tests.scenarios.test_previews import TWO, git, previews, shop, with_failpoint
from tests.scenarios.test_previews_survive import back, elsewhere

__all__ = ["shop"]
pytestmark = pytest.mark.timeout(120)
LENT = ("preview-1", "preview-2")


@pytest.fixture
def lent_to(shop: Sandbox, cluster: Beside) -> Sandbox:
    """The repository, and a cluster that lends it two namespaces."""
    shop.write("compose.yaml", TWO)
    git(shop.checkout, "commit", "-qam", "two services")
    shop.run("cluster", "remove", "fake")
    words = [word for name in LENT for word in ("--namespace", name)]
    shop.run("cluster", "add", "fake", "--context", CONTEXT, *words)
    cluster.ask(lambda server: [_made(server, name) for name in LENT])
    return shop


def _made(server: ApiServer, name: str) -> object:
    made = {"kind": "Namespace", "metadata": {"labels": {"whose": "theirs"}}}
    return server.store.put(("namespaces", "", name), made)


def held(cluster: Beside, namespace: str) -> list[str]:
    """The kinds of all that is in a namespace."""
    return cluster.ask(
        lambda server: sorted({key[0] for key in server.store.objects if key[1] == namespace})
    )


def seen_from_elsewhere(lent_to: Sandbox) -> dict[str, Any]:
    """A preview as another machine has it, whose daemon did not bring it up."""
    lent_to.run("preview", "up", "--wait")
    (found,) = previews(lent_to)
    lent_to.kill_daemon()
    elsewhere(lent_to)
    return found


def test_a_preview_takes_a_namespace_that_is_free_and_leaves_it_empty(
    lent_to: Sandbox, cluster: Beside
) -> None:
    git(lent_to.checkout, "branch", "feature/a")
    for branch in ("main", "feature/a"):
        lent_to.run("preview", "up", "--branch", branch, "--wait")
    found = {one["branch"]: (one["namespace"], one["state"]) for one in previews(lent_to)}
    assert found == {"main": ("preview-1", "ready"), "feature/a": ("preview-2", "ready")}
    assert "leases" in held(cluster, "preview-1")
    for branch in ("main", "feature/a"):
        lent_to.run("preview", "down", "--branch", branch, "--wait")
    assert (held(cluster, "preview-1"), held(cluster, "preview-2")) == ([], [])
    assert cluster.names("namespaces") == list(LENT)
    assert previews(lent_to) == []


def test_without_a_free_namespace_it_is_said_who_has_them(
    lent_to: Sandbox, cluster: Beside
) -> None:
    for branch in ("a", "b"):
        git(lent_to.checkout, "branch", branch)
        lent_to.run("preview", "up", "--branch", branch, "--wait")
    done = lent_to.run("preview", "up", "--wait", "--timeout", "5", check=False)
    assert done.returncode != 0
    assert "preview-1 (a), preview-2 (b)" in done.stderr
    lent_to.run("preview", "down", "--branch", "a", "--wait")
    lent_to.run("preview", "up", "--wait")
    assert {one["namespace"]: one["branch"] for one in previews(lent_to)} == {
        "preview-1": "main",
        "preview-2": "b",
    }


def test_a_namespace_that_is_lent_is_emptied_from_another_machine(
    lent_to: Sandbox, cluster: Beside
) -> None:
    found = seen_from_elsewhere(lent_to)
    lent_to.run("preview", "extend", found["name"], "--ttl", "5d")
    lent_to.run("preview", "down", found["name"], "--wait")
    assert held(cluster, "preview-1") == []
    back(lent_to)
    eventually(lambda: previews(lent_to) == [])
    assert held(cluster, "preview-1") == []


def test_what_does_not_leave_a_lent_namespace_is_told_in_time(
    lent_to: Sandbox, cluster: Beside
) -> None:
    found = seen_from_elsewhere(lent_to)
    cluster.server.silent = "preview-1/services"
    done = lent_to.run("preview", "down", found["name"], "--wait", "--timeout", "2", check=False)
    assert done.returncode == 124
    assert "is still there: deleting" in done.stderr
    cluster.ask(lambda server: server.speak())
    lent_to.run("preview", "down", found["name"], "--wait")
    assert held(cluster, "preview-1") == []


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_a_namespace_is_emptied_though_the_daemon_is_killed_meanwhile(
    lent_to: Sandbox, cluster: Beside, where: str
) -> None:
    lent_to.run("preview", "up", "--wait")
    (found,) = previews(lent_to)
    with_failpoint(lent_to, "home.deleted")
    lent_to.spawn("preview", "down", found["name"]).communicate(timeout=45)
    if where == "elsewhere":
        if lent_to.daemon_pid() is not None:
            lent_to.kill_daemon()
        elsewhere(lent_to)
    lent_to.run("preview", "down", found["name"], "--wait", check=False)  # it may be gone by now
    eventually(lambda: held(cluster, "preview-1") == [])


def test_a_cluster_is_not_both_lent_and_not(lent_to: Sandbox, cluster: Beside) -> None:
    done = lent_to.run("cluster", "add", "fake", "--context", CONTEXT, check=False)
    assert "there is another cluster fake already" in done.stderr
    more = ("--namespace", "preview-3")
    lent_to.run("cluster", "add", "fake", "--context", CONTEXT, *more)
    assert "preview-3" in lent_to.run("cluster", "list").stdout
    wrong = ("--context", CONTEXT, "--namespace", "A")
    done = lent_to.run("cluster", "add", "another", *wrong, check=False)
    assert "'A' cannot be a namespace" in done.stderr


def test_a_namespace_that_is_lent_keeps_its_level_of_pod_security(
    lent_to: Sandbox, cluster: Beside
) -> None:
    lent_to.run("preview", "up", "--wait")
    lent_to.write("compose.yaml", "services: {web: {image: x, privileged: true}}")
    lent_to.run("preview", "up", "--wait")
    lent_to.run("preview", "down", "--wait")
    seen = cluster.ask(lambda server: list(server.seen))
    written = [path.partition("?")[0] for method, path in seen if method != "GET"]
    assert [path for path in written if path.endswith(("/namespaces", "/preview-1"))] == []
