"""One preview, and machines whose clocks differ."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from devenv.runtimes.kubernetes import names
from tests.daemon.previewed import Previewed, on

pytestmark = pytest.mark.usefixtures("home")


def test_a_stop_is_always_later_than_the_start_before_it(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        await world.up()
        key = ("deployments", world.namespace, "web")
        made = world.fake.store.objects[key]
        ahead = {names.STARTED: f"{time.time() + 3600:.3f}"}
        annotations = {**made["metadata"]["annotations"], **ahead}
        world.fake.store.put(
            key, {**made, "metadata": {**made["metadata"], "annotations": annotations}}
        )
        await world.ask("preview.down")
        await world.until(lambda: not world.fake.store.objects)

    on(tmp_path, test)
