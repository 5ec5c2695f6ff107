"""That the time of a preview is nearly over is told."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path

import pytest

from devenv.api.wording import SOON, ends_soon
from devenv.daemon.expiry import EVERY
from tests.daemon.previewed import Previewed, on

pytestmark = pytest.mark.usefixtures("home")
DAY = 24 * 3600.0


def endings(world: Previewed) -> list[str]:
    return [text for text in world.told if text.startswith("its time is over in")]


def told_so_often(world: Previewed, times: int) -> bool:
    return len(endings(world)) == times


def left(world: Previewed) -> float:
    """Seconds that a preview has, as its daemon knows."""
    place = world.context.registry.host.kubernetes.servers.get(world.live.id)
    return ((place and place.expires) or 0.0) - time.time()


def test_the_end_of_a_preview_is_told_before(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        await world.up()
        with world.hurried():
            for times in (1, 2):
                await world.ask("preview.extend", lifetime=SOON / 2)
                await world.until(partial(told_so_often, world, times))
                await world.ask("preview.extend", lifetime=DAY)
                await world.until(lambda: left(world) > SOON)
                await asyncio.sleep(2 * EVERY)
        assert all("devenv preview extend" in text for text in endings(world))

    on(tmp_path, test)


@pytest.mark.parametrize(
    ("left", "told"), [(None, False), (-1.0, False), (SOON - 1, True), (SOON + 1, False)]
)
def test_what_ends_within_an_hour_ends_soon(left: float | None, told: bool) -> None:
    now = 1e9
    assert ends_soon(None if left is None else now + left, now) is told
