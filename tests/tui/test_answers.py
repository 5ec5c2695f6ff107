"""What the daemon answers, whenever it comes: late, again, to nobody, or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from devenv.api.connection import NoDaemonError
from devenv.tui.screens import detail
from devenv.tui.screens.base import ViewScreen
from devenv.tui.screens.detail import DetailScreen
from devenv.tui.screens.tasks import TasksScreen
from devenv.tui.told import Probe, asked
from devenv.tui.widgets.plain import Plain
from devenv.tui.widgets.rows import Rows
from tests.tui.stage import INSPECTION, NOW, SHOP, shop, stage


async def test_what_comes_when_the_app_has_closed_is_not_drawn() -> None:
    app = stage().app()
    async with app.run_test(size=(80, 24)):
        pass
    app.show_view(away="the daemon has left")
    assert app.view.away


@pytest.mark.parametrize(
    ("pressed", "leave"), [*((key, "q") for key in "12345"), ("enter", "escape")]
)
async def test_an_answer_that_comes_while_a_screen_goes_is_not_drawn(
    pressed: str, leave: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = stage().app()
    gone: list[Plain] = []
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(pressed)
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, ViewScreen)

        def answered(widget: Plain) -> None:
            gone.append(widget)
            screen.take(app.view)

        monkeypatch.setattr(Plain, "on_unmount", answered, raising=False)
        await pilot.press(leave)
        await pilot.pause()
    assert len(gone) >= 3


async def test_the_daemon_goes_away_and_comes_back() -> None:
    at_hand = stage()
    app = at_hand.app()
    async with app.run_test(size=(80, 24)) as pilot:
        at_hand.daemon.news.put_nowait(NoDaemonError())
        await pilot.pause()
        assert app.view.away == "no daemon is running"
        at_hand.daemon.news.put_nowait(shop(SHOP[0], revision=1))
        while app.view.away:
            await pilot.pause(0.01)
        assert [one.name for one in app.view.services] == ["web"]


async def test_what_is_known_of_a_service_is_told_however_much_changes() -> None:
    at_hand = stage()
    app = at_hand.app()
    daemon, revision = at_hand.daemon, 1
    call = daemon.call

    async def busy(method: str, params: Any = None, **how: Any) -> dict[str, Any]:
        nonlocal revision
        if method in asked("mailer"):
            revision += 1
            app.take_document(shop(revision=revision))
            await asyncio.sleep(0)
        return await call(method, params, **how)

    daemon.call = busy  # type: ignore[method-assign]  # a daemon in which things happen
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        while not (screen := app.screen).query("#parts"):
            await pilot.pause()
        assert isinstance(screen, DetailScreen)
        while not screen._told.answer.why:
            await pilot.pause(0.01)


@pytest.mark.parametrize(
    ("key", "method", "nothing", "empty"),
    [
        ("4", "list", {"environments": []}, "No environment was ever brought up here."),
        ("5", "sync.status", {"rules": []}, "Nothing is synced: no service that is up has a rule."),
    ],
)
async def test_what_was_not_answered_yet_is_not_said_to_be_empty(
    key: str, method: str, nothing: dict[str, Any], empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_hand = stage()
    at_hand.daemon.answers |= {method: nothing, "preview.list": {"previews": [], "faults": []}}
    answered, call = asyncio.Event(), at_hand.daemon.call

    async def late(asked: str, *given: Any, **named: Any) -> dict[str, Any]:
        if asked == method:
            await answered.wait()
        return await call(asked, *given, **named)

    monkeypatch.setattr(at_hand.daemon, "call", late)
    async with at_hand.app().run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
        await pilot.pause()
        rows = pilot.app.screen.query_one(Rows)
        assert rows.render_line(0).text.strip() == "loading…"
        answered.set()
        while (told := rows.render_line(0).text.strip()) == "loading…":
            await pilot.pause(0.01)
        assert told == empty


async def test_an_answer_that_comes_while_a_screen_is_laid_out_is_shown_whole() -> None:
    app = stage().app()
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.press("j", "j", "enter")
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, DetailScreen)
        while not screen._told.answer.why:
            await pilot.pause(0.01)
        parts = screen.query_one("#parts", Plain)
        await pilot.pause()
        assert parts.size.height == len(parts._laid[1]) > 20


async def test_what_was_refused_is_asked_again_and_told_once() -> None:
    at_hand = stage()
    events = at_hand.daemon.answers.pop("events")
    app = at_hand.app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("2")
        while [method for method, _ in at_hand.daemon.asked].count("events") < 2:
            app.show_view()
            await pilot.pause()
        assert len(app._notifications) == 1
        at_hand.daemon.answers["events"] = events
        screen = app.screen
        assert isinstance(screen, TasksScreen)
        while not screen._events.answer:
            app.show_view()
            await pilot.pause()


async def test_a_probe_is_asked_for_as_often_as_it_is_tried_while_it_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(detail, "LOOK_EVERY", 0.01)
    at_hand = stage()
    clock = NOW
    app = at_hand.app()
    app.desk = replace(app.desk, now=lambda: clock)

    def asked_now() -> int:
        return [method for method, _ in at_hand.daemon.asked].count("inspect")

    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "j", "enter")
        while not isinstance(app.screen, DetailScreen) or not app.screen._probe.answer:
            await pilot.pause(0.01)
        before = asked_now()
        await pilot.pause(0.1)
        assert asked_now() == before
        clock = NOW + 20
        probe: Any = INSPECTION["probe"]
        tried_again = {**INSPECTION, "probe": {**probe, "tried_at": NOW + 18}}
        at_hand.daemon.answers["inspect"] = tried_again
        while app.screen._probe.answer.tried != NOW + 18:
            await pilot.pause(0.01)
        await pilot.pause(0.1)
        assert asked_now() == before + 1
        await app.push_screen("sync")
        clock = NOW + 100
        await pilot.pause(0.1)
        assert asked_now() == before + 1


@pytest.mark.parametrize(
    ("health", "tried", "after"),
    [
        ("passing", -12.0, 19.0),
        ("passing", -31.5, 30.0),
        ("unhealthy", -1.0, 30.0),
        ("unknown", -0.2, 1.8),
        ("failing", -60.0, 1.0),
        ("unknown", None, 2.0),
    ],
)
def test_when_a_probe_is_asked_for_again(health: str, tried: float | None, after: float) -> None:
    probe = Probe("http", 30.0, health, tried=None if tried is None else NOW + tried)
    assert probe.next_look(NOW) - NOW == pytest.approx(after)


async def test_what_a_detail_asks_for_is_asked_side_by_side(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_hand = stage()
    daemon, app = at_hand.daemon, at_hand.app()
    open_now: set[str] = set()
    most: list[int] = []
    call = daemon.call

    async def slow(method: str, *params: Any, **how: Any) -> dict[str, Any]:
        if method not in asked("web"):
            return await call(method, *params, **how)
        open_now.add(method)
        most.append(len(open_now))
        for _ in asked("web"):
            await asyncio.sleep(0)
        open_now.discard(method)
        return await call(method, *params, **how)

    async with app.run_test(size=(80, 24)) as pilot:
        monkeypatch.setattr(daemon, "call", slow)
        app.show_detail("web")
        while not isinstance(app.screen, DetailScreen) or not app.screen._told.answer.values:
            await pilot.pause(0.01)
    assert max(most) == len(asked("web"))
