"""How a preview ends: in order, with its namespace, and said only once nothing runs."""

from __future__ import annotations

import pytest

from tests.fakes.thread import Beside
from tests.scenarios.sandbox import Sandbox, eventually
from tests.scenarios.test_previews import TWO, previews, shop

__all__ = ["shop"]
pytestmark = pytest.mark.timeout(120)
KEEPING = "services: {db: {image: shop/db:1, volumes: ['data:/data']}}\nvolumes: {data: {}}"


def test_services_end_in_order_and_the_namespace_goes_with_the_last(
    shop: Sandbox, cluster: Beside
) -> None:
    shop.write("compose.yaml", TWO)
    shop.run("preview", "up", "--wait")
    before = len(cluster.server.seen)
    shop.run("preview", "down", "--wait")
    asked = [
        (method, path.partition("?")[0].rpartition("/")[2])
        for method, path in cluster.server.seen[before:]
        if method in {"PATCH", "DELETE"}
    ]
    namespace = asked[-1][1]
    assert asked == [("PATCH", "web"), ("PATCH", "db"), ("DELETE", namespace)]


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_down_returns_once_nothing_runs(shop: Sandbox, cluster: Beside, where: str) -> None:
    shop.write("compose.yaml", "services: {web: {image: shop/web:1}}")
    shop.run("preview", "up", "--wait")
    (found,) = previews(shop)
    if where == "elsewhere":
        shop.run("daemon", "stop")
        shop.extra["XDG_STATE_HOME"] = str(shop.base / "another")
    cluster.server.controllers.clinging = True
    going = shop.spawn("preview", "down", found["name"])
    eventually(lambda: [one["state"] for one in previews(shop)] == ["deleting"])
    done = shop.run("preview", "down", found["name"], "--timeout", "0.2", check=False)
    assert "is still there: deleting" in done.stderr
    assert going.poll() is None
    cluster.ask(lambda server: server.release())
    out, err = going.communicate(timeout=45)
    assert going.returncode == 0, out + err
    assert "nothing is left running" in out


@pytest.mark.parametrize("restarted", [False, True])
def test_what_only_keeps_its_data_says_so(shop: Sandbox, cluster: Beside, restarted: bool) -> None:
    shop.write("compose.yaml", KEEPING)
    shop.run("preview", "up", "--wait")
    (found,) = previews(shop)
    if restarted:
        shop.run("daemon", "stop")
    shop.run("-e", found["name"], "down")
    (kept,) = previews(shop)
    assert (kept["name"], kept["state"], kept["services"]) == (found["name"], "down", [])
    said = "`devenv preview down` removes it"
    assert said in kept["reason"]
    assert said in shop.run("preview", "list").stderr
    shop.run("preview", "up", "--wait")
    assert [one["state"] for one in previews(shop)] == ["ready"]
    shop.run("-e", found["name"], "down")
    shop.run("preview", "down", found["name"], "--wait")
    assert previews(shop) == []
