"""A preview that another daemon has brought up, and this one is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from devenv.runtimes.kubernetes import namespaces
from tests.daemon.previewed import READY, Previewed, on

pytestmark = pytest.mark.usefixtures("home")


def test_what_runs_goes_on_while_it_is_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(world: Previewed) -> None:
        await world.up()
        world.hand_over()
        await world.until(lambda: not world.live.intent.is_up)
        annotate, before = namespaces.annotate, world.changes

        async def seen_at_once(*args: Any, **told: Any) -> None:
            await annotate(*args, **told)
            await world.live.change(lambda intent, _: intent)  # a round, as after any event

        monkeypatch.setattr(namespaces, "annotate", seen_at_once)
        await world.up()
        assert world.states == READY
        assert world.changes == before

    on(tmp_path, test)
