"""A preview that another daemon has brought up, and this one is asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devenv.daemon import store
from devenv.daemon.intent import Intent
from devenv.errors import DevenvError
from devenv.model.snapshot import Snapshot
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


def test_what_cannot_be_written_down_is_not_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DevenvError("the disk is full")

    async def test(world: Previewed) -> None:
        await world.up()
        world.hand_over()
        await world.until(lambda: not world.live.intent.is_up)
        before = world.changes
        with monkeypatch.context() as patch:
            patch.setattr(store, "write", full)
            with pytest.raises(DevenvError, match="disk is full"):
                await world.up()
        for _ in range(3):
            await world.live.change(lambda intent, _: intent)
        assert world.changes == before
        await world.up()
        assert (world.states, world.changes) == (READY, before)

    on(tmp_path, test)


def test_a_restart_that_another_daemon_has_made_is_not_made_again(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        await world.up()
        await world.ask("restart", target={"environment": world.live.id}, services=["web"])
        await world.until(lambda: world.live.board.newest.settled)
        world.hand_over()
        await world.until(lambda: not world.live.intent.is_up)
        await world.live.change(_uncounted)
        before = world.changes
        await world.up()
        assert (world.states, world.changes) == (READY, before)

    on(tmp_path, test)


def _uncounted(intent: Intent, _: Snapshot) -> Intent:
    """As in a daemon that was not asked for any restart of it."""
    return replace(intent, wishes=replace(intent.wishes, generations={}))
