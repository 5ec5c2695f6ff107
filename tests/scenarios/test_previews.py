"""Branch previews from the command line, in a cluster whose pods are only said to be there."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.apiserver import CONTEXT, Fault
from tests.fakes.thread import Beside
from tests.scenarios.sandbox import Sandbox, eventually

pytestmark = pytest.mark.timeout(120)

COMPOSE = """
services:
  web:
    image: shop/web:1
    ports: ["8000:80"]
    environment: {DB_PASSWORD: hidden}
    depends_on:
      db: {condition: service_healthy}
      seed: {condition: service_completed_successfully}
  db:
    image: shop/db:1
    healthcheck: {test: [CMD, ready]}
    volumes: ["data:/data"]
  seed: {image: shop/seed:1, depends_on: {db: {condition: service_healthy}}}
volumes: {data: {}}
"""


TWO = """
services:
  web: {image: shop/web:1, ports: ["80"], depends_on: {db: {condition: service_healthy}}}
  db: {image: shop/db:1, healthcheck: {test: [CMD, ready]}}
"""


@pytest.fixture
def shop(cluster: Beside, sandbox: Sandbox) -> Sandbox:
    """A repository with an origin, on the branch main, and a cluster called fake."""
    sandbox.extra["KUBECONFIG"] = str(cluster.server.kubeconfig(sandbox.base))
    sandbox.write("compose.yaml", COMPOSE)
    make_repository(sandbox)
    sandbox.run("cluster", "add", "fake", "--context", CONTEXT)
    return sandbox


def make_repository(sandbox: Sandbox) -> None:
    """With an origin, on the branch main."""
    git(sandbox.base, "init", "-q", "--bare", "-b", "main", "shop.git")
    git(sandbox.checkout, "init", "-q", "-b", "main")
    for words in (
        ("config", "user.email", "me@example.com"),
        ("config", "user.name", "me"),
        ("add", "-A"),
        ("commit", "-qm", "one"),
        ("remote", "add", "origin", str(sandbox.base / "shop.git")),
        ("push", "-q", "origin", "main"),
    ):
        git(sandbox.checkout, *words)


def git(folder: Path, *words: str) -> None:
    subprocess.run(("git", *words), cwd=folder, check=True, capture_output=True)


def previews(shop: Sandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shop.run("preview", "list", "--json").stdout)[
        "previews"
    ]
    return found


def end_seed(cluster: Beside, namespace: str, name: str = "seed") -> None:
    """Let a Job end well once it is there."""
    eventually(lambda: ("jobs", namespace, name) in cluster.server.store.objects)
    cluster.ask(lambda server: server.controllers.end(namespace, name, 0))


def bring_up(shop: Sandbox, cluster: Beside, *words: str) -> dict[str, Any]:
    """Bring a preview up whose seed ends well; gives its row of the list."""
    known = set(cluster.names("namespaces"))
    going = shop.spawn("preview", "up", "--wait", "--timeout", "60", *words)
    eventually(lambda: set(cluster.names("namespaces")) - known)
    (namespace,) = set(cluster.names("namespaces")) - known
    end_seed(cluster, namespace)
    out, err = going.communicate(timeout=60)
    assert going.returncode == 0, out + err
    return next(one for one in previews(shop) if one["namespace"] == namespace)


def test_a_branch_comes_up_in_a_namespace_of_its_own(shop: Sandbox, cluster: Beside) -> None:
    found = bring_up(shop, cluster)
    assert found["state"] == "ready"
    assert (found["branch"], found["cluster"], found["owner"]) == (
        "main",
        "fake",
        "me@example.com",
    )
    states = {one["name"]: one["state"] for one in found["services"]}
    assert states == {"web": "ready", "db": "ready", "seed": "done"}
    assert found["expires_at"] - found["last_used_at"] == 3 * 24 * 3600
    assert cluster.names("statefulsets") == ["db"]
    assert cluster.names("deployments") == ["web"]


def test_what_is_waited_for_comes_first(shop: Sandbox, cluster: Beside) -> None:
    bring_up(shop, cluster)
    made = [
        path.split("?")[0].rpartition("/")[2]
        for method, path in cluster.server.seen
        if method == "PATCH" and ("statefulsets" in path or "deploy" in path or "jobs" in path)
    ]
    assert made == ["db", "seed", "web"]


def test_the_same_again_changes_no_object(shop: Sandbox, cluster: Beside) -> None:
    bring_up(shop, cluster)
    before = {
        key: one["metadata"]["resourceVersion"]
        for key, one in cluster.server.store.objects.items()
        if key[0] != "namespaces"
    }
    shop.run("preview", "up", "--wait")
    after = {
        key: one["metadata"]["resourceVersion"]
        for key, one in cluster.server.store.objects.items()
        if key[0] != "namespaces"
    }
    assert after == before


def test_branches_that_look_alike_stand_side_by_side(shop: Sandbox, cluster: Beside) -> None:
    for branch in ("feature/a", "feature-a"):
        git(shop.checkout, "branch", branch)
    found = [bring_up(shop, cluster, "--branch", one) for one in ("feature/a", "feature-a")]
    assert len({one["namespace"] for one in found}) == 2
    assert len({one["urls"]["web"] for one in found}) == 2
    assert [one["state"] for one in previews(shop)] == ["ready", "ready"]


def test_down_leaves_nothing(shop: Sandbox, cluster: Beside) -> None:
    bring_up(shop, cluster)
    shop.run("preview", "down", "--wait")
    assert cluster.names("namespaces") == []
    assert previews(shop) == []


def test_a_namespace_that_only_has_the_name_is_left_alone(shop: Sandbox, cluster: Beside) -> None:
    first = bring_up(shop, cluster)["namespace"]
    shop.run("preview", "down", "--wait")
    stranger = {"kind": "Namespace", "metadata": {"labels": {"whose": "theirs"}}}
    cluster.ask(lambda server: server.store.put(("namespaces", "", first), stranger))
    found = bring_up(shop, cluster)
    assert found["namespace"] == f"{first}-2"
    shop.run("preview", "down", "--wait")
    assert cluster.names("namespaces") == [first]


def test_a_new_one_does_not_wait_for_one_that_hangs(shop: Sandbox, cluster: Beside) -> None:
    first = bring_up(shop, cluster)["namespace"]
    why = "Some content has finalizers remaining: example.com/hold in 1 resource instances"
    cluster.server.stuck[first] = why
    done = shop.run("preview", "down", "--wait", check=False)
    assert done.returncode == 1
    assert why in done.stderr
    assert [one["state"] for one in previews(shop)] == ["deleting"]
    assert bring_up(shop, cluster)["namespace"] == f"{first}-2"


def test_a_branch_that_is_gone_takes_its_preview_along(shop: Sandbox, cluster: Beside) -> None:
    git(shop.checkout, "branch", "feature/a")
    git(shop.checkout, "push", "-q", "origin", "feature/a")
    bring_up(shop, cluster)
    bring_up(shop, cluster, "--branch", "feature/a")
    assert json.loads(shop.run("preview", "sweep", "--json").stdout)["swept"] == []
    git(shop.checkout, "push", "-q", "origin", "--delete", "feature/a")
    swept = json.loads(shop.run("preview", "sweep", "--json").stdout)["swept"]
    assert [(one["branch"], one["reason"]) for one in swept] == [
        ("feature/a", "its branch is gone")
    ]
    eventually(lambda: [one["branch"] for one in previews(shop)] == ["main"])


def test_a_branch_that_was_never_at_the_origin_is_not_gone(shop: Sandbox, cluster: Beside) -> None:
    shop.write("compose.yaml", TWO)
    git(shop.checkout, "checkout", "-q", "-b", "feature/a")
    shop.run("preview", "up", "--wait")

    def swept() -> list[str]:
        found = json.loads(shop.run("preview", "sweep", "--json").stdout)["swept"]
        return [one["branch"] for one in found]

    assert swept() == []
    git(shop.checkout, "push", "-q", "origin", "feature/a")
    assert swept() == []
    git(shop.checkout, "push", "-q", "origin", "--delete", "feature/a")
    assert swept() == ["feature/a"]


@pytest.mark.parametrize("fault", ["gone", "empty"])
def test_an_origin_that_says_nothing_deletes_nothing(
    shop: Sandbox, cluster: Beside, fault: str
) -> None:
    bring_up(shop, cluster)
    origin = shop.base / "shop.git"
    origin.rename(shop.base / "moved.git")
    if fault == "empty":
        git(shop.base, "init", "-q", "--bare", "shop.git")
    done = shop.run("preview", "sweep", check=False)
    assert done.returncode == 1
    assert "No branch was taken for gone" in done.stderr
    assert [one["state"] for one in previews(shop)] == ["ready"]


def test_one_whose_time_is_over_goes_unless_it_is_extended(shop: Sandbox, cluster: Beside) -> None:
    name = bring_up(shop, cluster, "--ttl", "30s")["name"]
    shop.run("preview", "extend", "--ttl", "1h")
    assert json.loads(shop.run("preview", "sweep", "--json").stdout)["swept"] == []
    shop.run("daemon", "stop")  # it would not wait for a sweep
    shop.extra["XDG_STATE_HOME"] = str(shop.base / "another")
    shop.run("preview", "extend", name, "--ttl", "0s")
    (swept,) = json.loads(shop.run("preview", "sweep", "--json").stdout)["swept"]
    assert swept["reason"] == "its time is over"
    eventually(lambda: cluster.names("namespaces") == [])


def test_what_ends_soon_is_told_in_the_list(shop: Sandbox, cluster: Beside) -> None:
    shop.write("compose.yaml", TWO)
    shop.run("preview", "up", "--wait")
    assert "is over in" not in shop.run("preview", "list").stderr
    shop.run("preview", "extend", "--ttl", "30m")
    (found,) = previews(shop)
    assert f"The time of {found['name']} is over in 29m" in shop.run("preview", "list").stderr


def test_one_that_stays_keeps_no_other_from_being_swept(shop: Sandbox, cluster: Beside) -> None:
    shop.write("compose.yaml", TWO)
    git(shop.checkout, "commit", "-qam", "two services")
    git(shop.checkout, "branch", "feature/a")
    for branch in ("main", "feature/a"):
        shop.run("preview", "up", "--branch", branch, "--wait")
    shop.run("daemon", "stop")
    shop.extra["XDG_STATE_HOME"] = str(shop.base / "another")
    for one in previews(shop):
        shop.run("preview", "extend", one["name"], "--ttl", "0s")
    first, second = cluster.names("namespaces")
    cluster.server.faults = [Fault("DELETE", f"/namespaces/{first}", 403, {}, "not by you")]
    done = shop.run("preview", "sweep", check=False)
    assert done.returncode == 1
    assert f"{first} stays: " in done.stderr
    assert "not by you" in done.stderr
    assert f"{second} goes: its time is over" in done.stdout
    assert cluster.names("namespaces") == [first]


def test_the_daemon_itself_takes_down_what_has_expired(shop: Sandbox, cluster: Beside) -> None:
    shop.write("compose.yaml", TWO)
    shop.run("preview", "up", "--wait")
    shop.run("preview", "extend", "--ttl", "0s")
    eventually(lambda: cluster.names("namespaces") == [], within=30)


def test_the_daemon_may_die_and_takes_it_up_again(shop: Sandbox, cluster: Beside) -> None:
    found = bring_up(shop, cluster)
    shop.kill_daemon()
    eventually(lambda: {one["state"] for one in previews(shop)} == {"ready"})
    assert previews(shop)[0]["urls"] == found["urls"]
    shop.run("preview", "down", "--wait")
    assert cluster.names("namespaces") == []


def test_down_of_this_machine_leaves_previews(shop: Sandbox, cluster: Beside) -> None:
    bring_up(shop, cluster)
    shop.run("down", "--all")
    assert [one["state"] for one in previews(shop)] == ["ready"]


@pytest.mark.parametrize(
    "failpoint", ["store.written", "preview.taken", "prepare", "prepared", "start", "started"]
)
def test_up_converges_though_the_daemon_is_killed_at(
    shop: Sandbox, cluster: Beside, failpoint: str
) -> None:
    shop.write("compose.yaml", TWO)
    with_failpoint(shop, failpoint)
    first = shop.daemon_pid()
    shop.run("preview", "up", "--wait", "--timeout", "60", timeout=70)
    assert shop.daemon_pid() != first
    (found,) = previews(shop)
    assert {one["name"]: one["state"] for one in found["services"]} == {
        "web": "ready",
        "db": "ready",
    }
    assert len(cluster.names("namespaces")) == 1
    shop.run("preview", "down", "--wait")
    assert cluster.names("namespaces") == []


@pytest.mark.parametrize(
    "failpoint", ["store.written", "stop", "stopped", "home.deleted", "discarded"]
)
def test_down_leaves_nothing_though_the_daemon_is_killed_at(
    shop: Sandbox, cluster: Beside, failpoint: str
) -> None:
    shop.write("compose.yaml", TWO)
    shop.run("preview", "up", "--wait")
    with_failpoint(shop, failpoint)
    first = shop.daemon_pid()
    shop.run("preview", "down", "--wait", "--timeout", "60", timeout=70)
    assert cluster.names("namespaces") == []
    assert shop.daemon_pid() != first


def with_failpoint(shop: Sandbox, name: str) -> None:
    """Start a daemon that dies at ``name``; the next one will not."""
    shop.run("daemon", "stop", check=False)
    shop.run("daemon", "start", extra={"DEVENV_FAILPOINT": f"{name}:kill"})


def test_what_was_brought_up_elsewhere_is_taken_down_by_its_name(
    shop: Sandbox, cluster: Beside
) -> None:
    name = bring_up(shop, cluster)["name"]
    shop.run("daemon", "stop")
    shop.extra["XDG_STATE_HOME"] = str(shop.base / "another")
    shop.run("preview", "down", name, "--wait")
    assert cluster.names("namespaces") == []


def test_what_a_cluster_cannot_do_is_refused_before_anything_is_made(
    shop: Sandbox, cluster: Beside
) -> None:
    shop.write("compose.yaml", "services:\n  web:\n    image: x\n    privileged: true\n")
    done = shop.run("preview", "up", check=False)
    assert done.returncode == 1
    assert "compose.yaml:2" in done.stderr
    assert "Pod Security `baseline` forbids it" in done.stderr
    assert cluster.names("namespaces") == []


def test_an_image_that_cannot_be_pulled_is_said(shop: Sandbox, cluster: Beside) -> None:
    shop.write("compose.yaml", "services: {web: {image: x}}")
    cluster.server.controllers.waiting = {"reason": "ImagePullBackOff", "message": "no such image"}
    done = shop.run("preview", "up", "--wait", check=False)
    assert done.returncode == 1
    assert "image pull failed: no such image" in done.stderr


def test_kubeconfigs_are_looked_for_where_the_user_is(shop: Sandbox) -> None:
    found = Path(shop.extra["KUBECONFIG"])
    assert found.parent == shop.checkout.parent
    shop.extra["KUBECONFIG"] = f"nowhere:../{found.name}"
    shop.run("cluster", "add", "again", "--context", CONTEXT)
    assert f"{shop.checkout}/../{found.name}" in shop.run("cluster", "list", "--json").stdout


def test_bytes_that_are_no_text_reach_the_cluster(shop: Sandbox, cluster: Beside) -> None:
    (shop.checkout / "logo").write_bytes(b"\x00\xff\xfe")
    shop.write(
        "compose.yaml",
        "services: {web: {image: x, configs: [logo]}}\nconfigs: {logo: {file: ./logo}}\n",
    )
    shop.run("preview", "up", "--wait")
    held = cluster.ask(lambda one: list(one.store.objects.items()))
    (logo,) = [made for key, made in held if key[0] == "configmaps" and key[2] == "config-logo"]
    assert logo["binaryData"] == {"content": "AP/+"}


def test_a_context_that_leads_elsewhere_is_refused(shop: Sandbox, cluster: Beside) -> None:
    path = Path(shop.extra["KUBECONFIG"])
    path.write_text(path.read_text().replace("127.0.0.1", "127.0.0.2"))
    done = shop.run("preview", "up", check=False)
    assert done.returncode == 1
    assert "leads to http://127.0.0.2" in done.stderr


def test_a_cluster_is_looked_at_before_it_is_used(shop: Sandbox, cluster: Beside) -> None:
    done = shop.run("cluster", "check", check=False)
    assert done.returncode == 1
    assert "there is none, so no volume can be had" in done.stdout
    shop.run("cluster", "remove", "fake")
    assert "There are no clusters yet." in shop.run("cluster", "list").stderr
