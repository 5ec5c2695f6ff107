"""What ``preview sweep`` takes down, and what it keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.daemon.previewed import Previewed, on
from tests.daemon.test_branches import lose_there, push

pytestmark = pytest.mark.usefixtures("home")


def test_the_checkout_is_found_by_a_file_too(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        push(world)
        await world.up()
        lose_there(world)
        elsewhere = {"directory": str(tmp_path), "files": [str(world.checkout / "compose.yaml")]}
        answer = await world.ask("preview.sweep", target=elsewhere)
        assert [one["reason"] for one in answer["swept"]] == ["its branch is gone"]

    on(tmp_path, test)
