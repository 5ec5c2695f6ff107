"""All that is on this machine, and what this daemon knows of clusters."""

from __future__ import annotations

from pathlib import Path

import pytest

from devenv.daemon.verbs.clusters import clusters_file
from tests.daemon.previewed import Previewed, on

pytestmark = pytest.mark.usefixtures("home")


def test_previews_are_listed_as_far_as_they_are_known(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        assert await world.ask("list") == {"environments": [], "previews": []}
        assert world.fake.seen == []
        await world.up()
        (found,) = (await world.ask("list"))["previews"]
        (shown,) = (await world.ask("preview.list"))["previews"]
        assert found == shown
        assert (await world.ask("list"))["environments"] == []

    on(tmp_path, test)


def test_a_cluster_that_is_away_is_not_waited_for(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        await world.up()
        await world.fake.stop()
        assert [one["branch"] for one in (await world.ask("list"))["previews"]] == ["main"]

    on(tmp_path, test)


def test_a_damaged_file_of_clusters_hides_no_environment(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        clusters_file().write_text("{")
        assert await world.ask("list") == {"environments": [], "previews": []}

    on(tmp_path, test)
