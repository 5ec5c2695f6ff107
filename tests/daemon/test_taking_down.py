"""What is said of a preview that is to go."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from devenv.errors import DevenvError
from tests.daemon.previewed import Previewed, on
from tests.fakes.apiserver import Fault

pytestmark = pytest.mark.usefixtures("home")


async def why_left(world: Previewed, name: str) -> str:
    """Why it is still there."""
    found = await world.ask("preview.left", name=name, cluster="fake", timeout=0.0)
    return str(found["preview"]["reason"])


async def asked_until_refused(world: Previewed) -> None:
    """It is refused once the daemon has seen that it is gone."""
    async with asyncio.timeout(15):
        while True:
            await world.ask("preview.find")


def test_what_is_brought_up_elsewhere_is_not_waited_for(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        await world.up()
        world.hand_over()
        await world.until(lambda: not world.live.intent.is_up)
        assert await why_left(world, world.namespace) == "it was brought up again meanwhile"

    on(tmp_path, test)


def test_what_needs_its_pods_says_that_it_was_taken_down(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        await world.up()
        await world.ask("preview.down")
        await world.until(lambda: not world.namespaces)
        with pytest.raises(DevenvError, match="was taken down"):
            await asked_until_refused(world)

    on(tmp_path, test)


def test_of_a_cluster_that_is_away_it_is_not_said_that_nothing_is_left(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        await world.fake.stop()
        with world.hurried(), pytest.raises(DevenvError, match="does not answer"):
            await why_left(world, "shop-main-12345678")

    on(tmp_path, test)


def test_an_object_that_holds_the_namespace_is_named_where_it_may_be_seen(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        await world.up()
        name = world.namespace
        held = {"kind": "ConfigMap", "metadata": {"finalizers": ["example.com/hold"]}}
        world.fake.store.put(("configmaps", name, "held"), held)
        world.fake.stuck[name] = "example.com/hold in 1 resource instances"
        await world.ask("preview.down")
        waiting: dict[str, Any] = {"name": name, "cluster": "fake", "wait": True}
        with world.hurried():
            await world.ask("preview.left", **waiting, timeout=60.0)
        left = await world.ask("preview.left", **waiting, timeout=0.0)
        assert "; configmaps/held has example.com/hold" in left["preview"]["reason"]
        world.fake.ill = Fault("GET", "/configmaps", 403)
        left = await world.ask("preview.left", **waiting, timeout=0.0)
        assert "configmaps. has 1 resource instances" in left["preview"]["reason"]
        assert "configmaps/held" not in left["preview"]["reason"]

    on(tmp_path, test)
