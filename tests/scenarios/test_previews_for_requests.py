"""Previews that were made for a pull request go when that is closed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.githost import git_host
from tests.fakes.thread import Beside
from tests.scenarios.sandbox import Sandbox
from tests.scenarios.test_previews import TWO, git, previews, shop

__all__ = ["shop"]
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def three(shop: Sandbox, cluster: Beside) -> Sandbox:
    """A preview for each of two pull requests, and one for none."""
    shop.write("compose.yaml", TWO)
    git(shop.checkout, "commit", "-qam", "two services")
    for branch in ("one", "two"):
        git(shop.checkout, "branch", branch)
    shop.run("preview", "up", "--wait")
    shop.run("preview", "up", "--branch", "one", "--pull-request", "1", "--wait")
    shop.run("preview", "up", "--branch", "two", "--pull-request", "2", "--wait")
    return shop


def swept(shop: Sandbox, *words: str, said: str = "") -> list[tuple[str, str]]:
    """Sweep with what a host says; what went, and why."""
    (shop.base / "said.json").write_text(said)
    done = shop.run("preview", "sweep", "--json", *words, check=False)
    found: dict[str, Any] = json.loads(done.stdout)
    return [(one["branch"], one["reason"]) for one in found.get("swept", ())]


def branches(shop: Sandbox) -> list[str]:
    return sorted(one["branch"] for one in previews(shop) if one["state"] != "deleting")


def test_what_is_closed_takes_its_preview_along(three: Sandbox) -> None:
    assert {one["branch"]: one["pull_request"] for one in previews(three)} == {
        "main": None,
        "one": 1,
        "two": 2,
    }
    file = ("--requests", str(three.base / "said.json"))
    one_is_open = '[{"number": 1, "state": "OPEN"}, {"number": 3, "state": "MERGED"}]'
    assert swept(three, *file, said=one_is_open) == []
    one_is_closed = '[{"number": 1, "state": "MERGED"}]'
    assert swept(three, *file, said=one_is_closed) == [("one", "its pull request 1 is closed")]
    assert branches(three) == ["main", "two"]


@pytest.mark.parametrize("said", ["", "[]", "[1]", '{"message": "Not Found"}'])
def test_a_host_that_says_nothing_deletes_nothing(three: Sandbox, said: str) -> None:
    assert swept(three, "--requests", str(three.base / "said.json"), said=said) == []
    assert branches(three) == ["main", "one", "two"]


def test_another_up_keeps_the_pull_request(three: Sandbox) -> None:
    three.run("preview", "up", "--branch", "one", "--wait")
    three.run("preview", "up", "--branch", "two", "--pull-request", "3", "--wait")
    file = ("--requests", str(three.base / "said.json"))
    said = '[{"number": 1, "state": "CLOSED"}, {"number": 2, "state": "CLOSED"}]'
    assert swept(three, *file, said=said) == [("one", "its pull request 1 is closed")]


def test_the_host_itself_is_asked_and_the_token_is_written_nowhere(three: Sandbox) -> None:
    with git_host() as host:
        for number, state in ((1, "open"), (2, "closed")):
            said = json.dumps({"number": number, "state": state})
            host.answers[f"/api/repos/srv/shop/pulls/{number}"] = (200, said)
        origin = f"{host.address}/srv/shop.git"
        for preview in previews(three):
            three.run("preview", "down", preview["name"], "--wait")
        git(three.checkout, "remote", "set-url", "origin", origin)
        instead = f"url.{three.base}/shop.git.insteadOf"
        git(three.checkout, "config", instead, origin)
        three.extra |= {
            "GITHUB_SERVER_URL": host.address,
            "GITHUB_API_URL": f"{host.address}/api",
            "GITHUB_TOKEN": "hidden-token",
        }
        for number, branch in enumerate(("one", "two"), 1):
            asked = ("--branch", branch, "--pull-request", str(number))
            three.run("preview", "up", *asked, "--wait")
        assert swept(three, "--ask-host") == [("two", "its pull request 2 is closed")]
        del host.answers["/api/repos/srv/shop/pulls/1"]
        done = three.run("preview", "sweep", "--ask-host", check=False)
    assert done.returncode == 1
    assert "Whether pull request 1 is closed is not known: the host answers 404" in done.stderr
    assert branches(three) == ["one"]
    assert _with(three.base, b"hidden-token") == []


def _with(folder: Path, words: bytes) -> list[Path]:
    """The files below a folder that have these words."""
    return [one for one in folder.rglob("*") if one.is_file() and words in one.read_bytes()]
