"""`devenv preview up --plan`: what would be made, changed and removed, before anything is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes.apiserver import Fault
from tests.fakes.thread import Beside
from tests.scenarios.sandbox import Sandbox
from tests.scenarios.test_previews import TWO, bring_up, git, shop

__all__ = ["shop"]
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def two(shop: Sandbox) -> Sandbox:
    """A repository with two services and no task."""
    shop.write("compose.yaml", TWO)
    return shop


def planned(two: Sandbox, check: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        two.run("preview", "up", "--plan", "--json", check=check).stdout
    )
    return found


def changes(found: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(one["change"], one["kind"], one["name"]) for one in found["objects"]}


def test_what_would_be_made_is_said_and_nothing_is_made(two: Sandbox, cluster: Beside) -> None:
    found = planned(two)
    assert {("make", "Deployment", "web"), ("make", "Deployment", "db")} <= changes(found)
    assert {one["change"] for one in found["objects"]} == {"make"}
    steps = [line.split(":")[0] for lines in found["rounds"] for line in lines]
    assert steps == ["prepare the namespace", "start db", "start web"]
    assert cluster.names("namespaces") == []
    shown = two.run("preview", "up", "--plan").stdout
    assert "  make Deployment web" in shown
    assert "round 1" in shown


def test_nothing_to_do_is_said(two: Sandbox, cluster: Beside) -> None:
    two.run("preview", "up", "--wait")
    found = planned(two)
    assert (found["objects"], found["rounds"]) == ([], [])
    assert "Nothing to do." in two.run("preview", "up", "--plan").stdout


def test_a_task_that_is_done_is_not_said_to_be_replaced(shop: Sandbox, cluster: Beside) -> None:
    bring_up(shop, cluster)
    found = planned(shop)
    assert (found["objects"], found["rounds"]) == ([], [])


def test_an_edit_shows_the_lines_that_change_and_what_would_go(
    two: Sandbox, cluster: Beside
) -> None:
    two.run("preview", "up", "--wait")
    before = cluster.ask(lambda server: server.store.version)
    two.write("compose.yaml", "services: {web: {image: 'shop/web:2', ports: ['80']}}")
    found = planned(two)
    assert changes(found) == {
        ("change", "Deployment", "web"),
        ("remove", "Deployment", "db"),
        ("remove", "Service", "db"),
    }
    (web,) = (one for one in found["objects"] if one["change"] == "change")
    assert any(line.startswith("-") and "shop/web:1" in line for line in web["lines"])
    assert any(line.startswith("+") and "shop/web:2" in line for line in web["lines"])
    assert cluster.ask(lambda server: server.store.version) == before


def test_a_secret_that_changes_is_said_and_never_shown(two: Sandbox, cluster: Beside) -> None:
    held = "secrets: {token: {file: token}}\n"
    uses = TWO.replace("ports:", "secrets: [token], ports:")
    two.write("compose.yaml", uses + held)
    two.write("token", "hidden-before")
    two.run("preview", "up", "--wait")
    two.write("token", "hidden-after")
    found = planned(two)
    assert ("change", "Secret", "secret-token") in changes(found)
    (secret,) = (one for one in found["objects"] if one["kind"] == "Secret")
    assert any(line.startswith("+") and "content: " in line for line in secret["lines"])
    assert "hidden" not in json.dumps(found)


@pytest.mark.parametrize("words", [(), ("--branch", "feature/a")], ids=["here", "branch"])
def test_a_render_is_the_same_again(two: Sandbox, words: tuple[str, ...]) -> None:
    git(two.checkout, "branch", "feature/a")
    first = two.run("preview", "render", *words).stdout
    assert "devenv.dev/owner" in first
    assert "devenv.dev/expires" not in first
    assert "devenv.dev/last-used" not in first
    two.extra["XDG_STATE_HOME"] = str(two.base / "another")
    assert two.run("preview", "render", *words).stdout == first


def test_what_was_brought_up_elsewhere_is_compared_with(two: Sandbox, cluster: Beside) -> None:
    two.run("preview", "up", "--wait")
    two.kill_daemon()
    two.extra["XDG_STATE_HOME"] = str(two.base / "another")
    assert planned(two)["objects"] == []


def test_what_the_cluster_would_refuse_is_said_in_its_words(two: Sandbox, cluster: Beside) -> None:
    two.run("preview", "up", "--wait")
    two.write("compose.yaml", TWO.replace("shop/web:1", "shop/web:2"))
    cluster.server.faults = [Fault("PATCH", "dryRun=All", 403, {}, "no more of these")]
    refused = [one for one in planned(two)["objects"] if one["change"] == "refused"]
    assert [one["lines"] for one in refused] == [["no more of these"]]


@pytest.mark.parametrize("words", [("--plan",), ()], ids=["plan", "up"])
def test_what_the_guards_would_refuse_is_said_before_anything_is_made(
    two: Sandbox, cluster: Beside, words: tuple[str, ...]
) -> None:
    keys = "cap_add: [SYS_ADMIN], mem_reservation: 21g, mem_limit: 21g"
    two.write("compose.yaml", f"services:\n  web: {{image: x, {keys}}}\n")
    done = two.run("preview", "up", *words, check=False)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "compose.yaml:2" in said
    assert "Pod Security `baseline` forbids it: it adds the capabilities SYS_ADMIN" in said
    assert "21Gi memory that they ask for, where a preview may have 20Gi" in said
    assert cluster.names("namespaces") == []


def test_a_branch_without_a_profile_takes_none_from_elsewhere(two: Sandbox) -> None:
    git(two.checkout, "commit", "-qam", "two services")
    git(two.checkout, "switch", "-q", "--orphan", "bare")
    git(two.checkout, "commit", "-q", "--allow-empty", "-m", "nothing")
    git(two.checkout, "switch", "-q", "main")
    (two.base / "compose.yaml").write_text("services: {stray: {image: x}}")
    done = two.run("preview", "up", "--branch", "bare", check=False)
    assert done.returncode == 1
    assert "bare has no profile" in done.stderr


def test_the_same_file_of_another_branch_is_meant_and_its_tree_goes(two: Sandbox) -> None:
    other = two.write("other.yaml", "services: {only: {image: x}}")
    git(two.checkout, "add", "-A")
    git(two.checkout, "commit", "-qm", "two files")
    git(two.checkout, "branch", "feature/a")
    other.write_text("services: {third: {image: x}}")
    for words in (("render",), ("up", "--plan")):
        shown = two.run("-f", "other.yaml", "preview", *words, "--branch", "feature/a").stdout
        assert "only" in shown
        assert "third" not in shown
    done = two.run("preview", "render", "--branch", "nowhere", check=False)
    assert "there is no branch nowhere here" in done.stderr
    assert list(two.state.rglob("tree*")) == []
