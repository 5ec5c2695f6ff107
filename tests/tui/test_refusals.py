"""What was asked for and not done stands above the table, until something is done."""

from __future__ import annotations

from devenv.errors import DevenvError
from devenv.tui.view import PROBLEMS_ABOVE
from devenv.tui.widgets.plain import Plain
from tests.tui.stage import PROBLEM, shop, stage


async def test_what_up_was_refused_for_is_told() -> None:
    app = stage(refused="db runs as docker, which cannot be paused").app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.pause()
        assert not app._notifications
        notes = app.screen.query_one("#notes", Plain)
        told = notes.render_line(0).text.rstrip()
        assert told == " ✗ refused db runs as docker, which cannot be paused"
        await pilot.press("escape")
        await pilot.pause()
        assert notes.size.height == 0


async def test_an_up_that_is_refused_is_told_above_until_one_is_not() -> None:
    at_hand = stage()
    lines = [f"{name}: it can only be a container, and no engine answers" for name in "abcdefgh"]
    at_hand.daemon.answers["up"] = DevenvError("\n".join(lines), "start the engine")
    app = at_hand.app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("u")
        while not app._notifications:
            await pilot.pause(0.01)
        (told,) = app._notifications
        assert told.message == "it was refused: why stands above"
        notes = app.screen.query_one("#notes", Plain)
        shown = [notes.render_line(y).text.rstrip() for y in range(notes.size.height)]
        assert shown[0] == f" ✗ refused {lines[0]}"
        assert shown[6:] == [f"   {lines[6]}", "   and 2 lines more: devenv up -d"]
        at_hand.daemon.answers["up"] = shop(revision=2)
        await pilot.press("u")
        while app.view.refused:
            await pilot.pause(0.01)
        await pilot.pause()
        assert notes.size.height == 0


async def test_what_was_told_of_what_stands_above_goes_with_it() -> None:
    at_hand = stage(shop(problems=[PROBLEM]))
    at_hand.daemon.answers["up"] = DevenvError(str(PROBLEM["message"]))
    app = at_hand.app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("u")
        while not app._notifications:
            await pilot.pause(0.01)
        (told,) = app._notifications
        assert told.message == PROBLEMS_ABOVE
        at_hand.daemon.news.put_nowait(shop(revision=2))
        while app.view.snapshot.problems:
            await pilot.pause(0.01)
        assert not app._notifications
