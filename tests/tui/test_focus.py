"""Where the focus is, whether that is seen, and what takes it elsewhere."""

from __future__ import annotations

from devenv.tui.widgets.plain import Plain
from devenv.tui.widgets.rows import Rows
from tests.tui.stage import stage


async def test_an_escape_too_many_leaves_the_keys_of_the_logs_what_they_are() -> None:
    at_hand = stage()
    app = at_hand.app()
    async with app.run_test(size=(80, 24)) as pilot:
        while not app.screen.query("#logs"):
            await pilot.pause()
        rows, logs = app.screen.query_one("#services", Rows), app.screen.query_one("#logs")
        await pilot.press("tab", "at", "escape")
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert [told.message for told in app._notifications] == [
            "nothing is left to end; escape once more leaves the logs"
        ]
        assert logs.has_focus_within
        await pilot.press("escape")
        await pilot.pause()
        assert app.focused is rows
        assert [told.message for told in app._notifications] == [
            "Back in the table: keys are for services"
        ]


async def test_an_escape_that_takes_a_message_back_stays_in_the_logs() -> None:
    app = stage().app()
    async with app.run_test(size=(80, 24)) as pilot:
        while not app.screen.query("#logs"):
            await pilot.pause()
        logs = app.screen.query_one("#logs")
        await pilot.press("tab")
        app.notify("told")
        await pilot.press("escape")
        await pilot.pause()
        assert logs.has_focus_within
        assert not app._notifications
        await pilot.press("up", "escape")
        await pilot.pause()
        assert not logs.has_focus_within


async def test_where_the_focus_is_a_heavy_line_begins_the_logs() -> None:
    app = stage().app()
    async with app.run_test(size=(80, 24)) as pilot:
        while not app.screen.query("#logs"):
            await pilot.pause()
        line = app.screen.query_one("#log-rule", Plain)
        assert line.render_line(0).text.startswith("─ Logs")
        for key, begin in (
            ("tab", "━ Logs"),
            ("slash", "━ Logs"),
            ("escape", "━ Logs"),
            ("tab", "─ Logs"),
        ):
            await pilot.press(key)
            await pilot.pause()
            assert line.render_line(0).text.startswith(begin)
