"""From screen to screen and back: each is as it was left, and another environment begins anew."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from devenv.errors import DevenvError
from devenv.logs.segment import STDOUT, Writer
from devenv.tui.screens.tasks import TasksScreen
from devenv.tui.screens.timeline import TimelineScreen
from devenv.tui.snapshot import NOTHING_CHOSEN
from devenv.tui.widgets.logs import Logs
from devenv.tui.widgets.rows import Rows
from tests.tui.logbook import BEGIN, logbook
from tests.tui.stage import SHOP, shop, stage


async def shown(pilot: Pilot[None], rows: str) -> Rows:
    """The rows of the screen that comes, once there are some."""
    while not (found := pilot.app.screen.query(f"#{rows}")) or not found.first(Rows).keys:
        await pilot.pause(0.01)
    return found.first(Rows)


async def test_a_screen_is_as_it_was_left() -> None:
    at_hand = stage()
    async with at_hand.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        waterfall = await shown(pilot, "waterfall")
        timeline = cast(TimelineScreen, pilot.app.screen)
        while not timeline._told.is_answered:
            await pilot.pause(0.01)
        await pilot.press("j")
        await pilot.press("2")
        tasks = await shown(pilot, "tasks")
        await pilot.press("G")
        await pilot.press("1", "slash", *"work", "enter")
        before = [method for method, _ in at_hand.daemon.asked].count("graph")
        await pilot.press("3")
        assert await shown(pilot, "waterfall") is waterfall
        assert waterfall.cursor == waterfall.keys[1]
        await pilot.press("2")
        assert await shown(pilot, "tasks") is tasks
        assert tasks.cursor == tasks.keys[-1]
        await pilot.press("1")
        assert (await shown(pilot, "services")).keys == ("worker",)
    assert [method for method, _ in at_hand.daemon.asked].count("graph") == before


async def test_without_an_environment_there_is_only_the_list_to_choose_one() -> None:
    place = dict.fromkeys(("id", "name", "path", "branch", "kind"), "")
    at_hand = stage({**shop(), "environment": place, "services": []})
    app = at_hand.app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await shown(pilot, "environments")
        for pressed in ("1", "u"):
            await pilot.press(pressed)
            await pilot.pause()
            (told,) = app._notifications
            assert told.message == NOTHING_CHOSEN
            app.clear_notifications()
        assert at_hand.daemon.methods() == []
        await pilot.press("enter")
        assert (await shown(pilot, "services")).keys


async def test_a_key_of_a_screen_closes_what_is_open_above_it() -> None:
    app = stage().app()
    async with app.run_test(size=(80, 24)) as pilot:
        for pressed in ("enter", "2", "d", "3", "enter", "4", "5", "3", "1"):
            await pilot.press(pressed)
            await pilot.pause()
            assert len(app.screen_stack) <= 3
        assert app.screen_stack == [app.get_screen("services")]


async def test_nothing_of_another_environment_is_left_on_a_screen() -> None:
    at_hand = stage()
    app = at_hand.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"work", "enter", "l", "space")
        await pilot.press("2")
        await shown(pilot, "tasks")
        screen = app.get_screen("tasks", TasksScreen)
        while not screen._events.answer:
            await pilot.pause(0.01)
        del at_hand.daemon.answers["events"]
        at_hand.daemon.answers["status"] = elsewhere()
        app.switch("shop-payments-1a2b3c4d")
        while app.view.snapshot.place.name != "shop-payments":
            await pilot.pause()
        services = await shown(pilot, "services")
        assert services.keys == ("web",)
        await pilot.press("2")
        while not screen.is_current or screen._place != app.view.snapshot.place.id:
            await pilot.pause(0.01)
        assert screen._events.answer == ()


async def test_logs_of_another_environment_are_followed_and_have_no_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_hand = stage()
    for name in ("here", "there"):
        writer = Writer(str(tmp_path / name), 1 << 30)
        writer.write(STDOUT, BEGIN, b"one\n")
        writer.close()
    at_hand.daemon.logs = {"web": tmp_path / "here"}
    app = at_hand.app()
    async with app.run_test(size=(80, 24)) as pilot:
        while not (found := app.screen.query(Logs)) or not found.first().reading.sources:
            await pilot.pause(0.01)
        logs = found.first()
        here = logs.reading.sources
        logs.lines.action_mark()
        assert logs.lines.marks
        assert not logs.lines.window.following
        at_hand.daemon.logs = {"web": tmp_path / "there"}
        at_hand.daemon.answers["status"] = elsewhere()
        may_answer, call = asyncio.Event(), at_hand.daemon.call_for_descriptors

        async def late(*given: Any, **named: Any) -> tuple[dict[str, Any], list[int]]:
            await may_answer.wait()
            return await call(*given, **named)

        monkeypatch.setattr(at_hand.daemon, "call_for_descriptors", late)
        app.switch("shop-payments-1a2b3c4d")
        while logs.reading.sources == here:
            await pilot.pause(0.01)
        assert logs.reading.sources == [], "nothing of the former one stands below the new head"
        may_answer.set()
        while not logs.reading.sources:
            await pilot.pause(0.01)
        assert not logs.lines.marks
        assert logs.lines.window.following


async def test_logs_that_cannot_be_had_for_once_keep_their_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_hand = stage()
    writer = Writer(str(tmp_path / "web"), 1 << 30)
    writer.write(STDOUT, BEGIN, b"one\n")
    writer.close()
    at_hand.daemon.logs = {"web": tmp_path / "web"}
    app = at_hand.app()
    tried = asyncio.Event()

    async def refuse(*_: object, **__: object) -> None:
        tried.set()
        raise DevenvError("not now")

    async with app.run_test(size=(80, 24)) as pilot:
        while not (found := app.screen.query(Logs)) or not found.first().reading.sources:
            await pilot.pause(0.01)
        logs = found.first()
        logs.lines.action_mark()
        with monkeypatch.context() as patched:
            patched.setattr(at_hand.daemon, "call_for_descriptors", refuse)
            at_hand.daemon.news.put_nowait(shop(SHOP[0], revision=2))
            await tried.wait()
            await pilot.pause()
        logs.follow(app.view)
        await pilot.pause()
        assert logs.lines.marks
        assert not logs.lines.window.following


def elsewhere() -> dict[str, object]:
    place = {**shop()["environment"], "id": "shop-payments-1a2b3c4d", "name": "shop-payments"}
    return shop(SHOP[0], SHOP[6], environment=place)


async def test_logs_that_nobody_sees_are_not_read(tmp_path: Path) -> None:
    async with logbook(tmp_path) as book:
        book.write("web", b"one")
        book.open()
        await book.until_seen("one")
        await book.app.push_screen(Screen())
        await book.pilot.pause()
        book.write("web", b"two")
        for _ in range(5):
            await book.pilot.pause()
        assert "two" not in book.rows
        book.app.pop_screen()
        await book.until_seen("one", "two")
