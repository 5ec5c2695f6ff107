"""Previews that a colleague has brought up: listed, shown, reached, extended and taken down."""

from __future__ import annotations

import json
import socket
import time
from urllib.parse import urlsplit

import pytest

from tests.fakes.thread import Beside
from tests.scenarios.sandbox import Sandbox, eventually
from tests.scenarios.test_previews import TWO, git, previews, shop
from tests.scenarios.test_previews_survive import READY, elsewhere

__all__ = ["shop"]
DAY = 24 * 3600.0
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def theirs(shop: Sandbox, cluster: Beside) -> str:
    """The name of a preview, seen from another machine in a folder without a checkout."""
    shop.write("compose.yaml", TWO)
    shop.run("preview", "up", "--wait")
    (found,) = previews(shop)
    shop.kill_daemon()
    elsewhere(shop)
    return str(found["name"])


def test_the_status_of_a_colleagues_preview_is_shown(theirs: str, shop: Sandbox) -> None:
    done = shop.run("-e", theirs, "preview", "status", "--json", cwd=shop.base)
    found = json.loads(done.stdout)
    assert found["environment"]["name"] == theirs
    assert (found["environment"]["kind"], found["environment"]["branch"]) == ("preview", "main")
    assert {one["name"]: one["state"] for one in found["services"]} == READY
    assert "web" in shop.run("preview", "status").stdout


def test_a_colleagues_preview_is_reached_at_an_address_here(
    theirs: str, shop: Sandbox, cluster: Beside
) -> None:
    url = shop.run("-e", theirs, "preview", "url", "web", cwd=shop.base).stdout.strip()
    assert shop.run("preview", "open", "web").stdout.strip() == url
    assert previews(shop)[0]["urls"] == {"web": url}
    port = urlsplit(url).port
    with socket.create_connection(("127.0.0.1", port or 0), timeout=20):
        eventually(lambda: cluster.server.count("GET", "/pods/web-0/portforward?ports=80"))
    done = shop.run("preview", "url", "db", check=False)
    assert "db has no address" in done.stderr


def test_a_colleagues_preview_is_extended_and_taken_down(
    theirs: str, shop: Sandbox, cluster: Beside
) -> None:
    before = previews(shop)[0]["expires_at"]
    shop.run("preview", "extend", theirs, "--ttl", "9d", cwd=shop.base)
    assert previews(shop)[0]["expires_at"] > before
    shop.run("preview", "down", theirs, "--wait", cwd=shop.base)
    assert cluster.names("namespaces") == []


def test_a_branch_is_one_of_this_repository(theirs: str, shop: Sandbox, cluster: Beside) -> None:
    other = shop.base / "other"
    other.mkdir()
    git(other, "init", "-q", "-b", "trunk")
    (other / "compose.yaml").write_text("services: {web: {image: x}}")
    for words in (("down", "main"), ("extend", "main"), ("-e", "main", "url")):
        done = shop.run("preview", *words, check=False, cwd=other)
        assert done.returncode == 1
        assert f"one of another goes by its whole name: {theirs}" in done.stderr
    assert len(cluster.names("namespaces")) == 1
    shop.run("preview", "down", theirs, "--wait", cwd=other)
    assert cluster.names("namespaces") == []


def test_no_preview_lives_shorter_unless_that_is_asked_for(theirs: str, shop: Sandbox) -> None:
    def left() -> float:
        return float(previews(shop)[0]["expires_at"] - time.time()) / DAY

    shop.run("preview", "extend", "--ttl", "9d")
    shop.run("preview", "extend")
    assert left() > 8
    shop.run("preview", "up", "--wait")
    assert left() > 8
    shop.run("preview", "extend", "--ttl", "1d")
    assert left() < 2
    shop.run("preview", "up", "--ttl", "4d", "--wait")
    assert 3 < left() < 5
    done = shop.run("preview", "extend", "--ttl", "99999999d", check=False)
    assert done.returncode == 2
    assert "no preview lives for more than a year" in done.stderr


@pytest.mark.parametrize(
    "words", [("logs",), ("exec", "web", "--", "env"), ("attach", "web")], ids=" ".join
)
def test_what_needs_the_checkout_is_refused_with_the_way_to_it(
    theirs: str, shop: Sandbox, words: tuple[str, ...]
) -> None:
    done = shop.run("-e", theirs, "preview", *words, check=False, cwd=shop.base)
    assert done.returncode == 1
    assert f"{theirs} was brought up on another machine" in done.stderr
    assert "devenv preview up there takes it up here too" in done.stderr


def test_what_is_taken_up_here_keeps_no_address_of_the_visit(
    theirs: str, shop: Sandbox, cluster: Beside
) -> None:
    shop.run("preview", "url", "web")
    shop.run("preview", "up", "--wait")
    url = shop.run("preview", "url", "web").stdout.strip()
    assert previews(shop)[0]["urls"] == {"web": url}
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=20):
        eventually(lambda: cluster.server.count("GET", "/portforward?ports=80"))
