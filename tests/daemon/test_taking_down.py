"""What is said of a preview that is to go."""

from __future__ import annotations

from pathlib import Path

import pytest

from devenv.errors import DevenvError
from tests.daemon.previewed import Previewed, on

pytestmark = pytest.mark.usefixtures("home")


async def why_left(world: Previewed, name: str) -> str:
    """Why it is still there."""
    found = await world.ask("preview.left", name=name, cluster="fake", timeout=0.0)
    return str(found["preview"]["reason"])


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
            await world.ask("preview.find")

    on(tmp_path, test)


def test_of_a_cluster_that_is_away_it_is_not_said_that_nothing_is_left(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        await world.fake.stop()
        with world.hurried(), pytest.raises(DevenvError, match="does not answer"):
            await why_left(world, "shop-main-12345678")

    on(tmp_path, test)
