"""What the UI says of what it did, of what it shows, and what it offers next."""

from __future__ import annotations

from pathlib import Path

import pytest

from devenv.errors import DevenvError
from devenv.model.state import State
from devenv.tui import keys
from devenv.tui.actions import Copy, Open, Say, decide
from devenv.tui.app import DevenvApp
from devenv.tui.cells import services_table
from devenv.tui.detail import page
from devenv.tui.fitting import fits
from devenv.tui.helping import help_lines, help_parts, help_width
from devenv.tui.lines import notes
from devenv.tui.order import Choice, Sort, arranged, left_out
from devenv.tui.snapshot import Port, Service, read
from devenv.tui.synced import read_synced
from devenv.tui.told import Inspection
from devenv.tui.view import View
from devenv.tui.widgets.logs import Logs
from devenv.tui.widgets.plain import Plain
from devenv.tui.widgets.rows import Rows
from tests.tui.logged import write_logs
from tests.tui.stage import PROBLEM, SHOP, shop, stage, synced, synced_rule
from tests.tui.test_keys import WEB, at


def test_an_address_is_copied_without_what_is_masked_in_it() -> None:
    url = "postgresql://app:***@127.0.0.1:5432/app"
    db = Service("db", "service", State.READY, ports=(Port("sql", 5432, url),))
    assert decide("copy", at(db)) == Copy("postgresql://app@127.0.0.1:5432/app", "its password")
    bare = decide("copy", at(Service("worker", "service", State.READY)))
    assert bare == Say("worker: no port, so no address to copy")


def test_a_page_is_opened_without_what_is_masked_in_its_address() -> None:
    url = "https://admin:***@127.0.0.1:9200"
    search = Service("search", "service", State.READY, ports=(Port("http", 9200, url),))
    bare = "https://admin@127.0.0.1:9200"
    assert decide("open", at(search)) == Open(bare, Copy(bare, "its password"))


def test_a_daemon_that_is_away_says_what_goes_on() -> None:
    view = View(read(shop()), away="no daemon is running")
    told = ["".join(cell.text for cell in line) for line in notes(view, "u", 80)]
    assert told == [
        " ! daemon  no daemon is running",
        "   What runs goes on, and is shown as it was last seen. u starts a daemon.",
    ]


@pytest.mark.parametrize("size", [(80, 8), (40, 6), (20, 6)], ids=str)
async def test_a_small_terminal_keeps_its_foot(size: tuple[int, int]) -> None:
    async with stage().app().run_test(size=size) as pilot:
        while not pilot.app.screen.query("#logs"):
            await pilot.pause(0.01)
        await pilot.pause()
        assert pilot.app.screen.query_one("#keys").region == (0, size[1] - 1, size[0], 1)
        assert pilot.app.screen.max_scroll_y == 0


async def test_a_refusal_that_stands_above_is_not_told_twice() -> None:
    at_hand = stage(shop(problems=[PROBLEM]))
    at_hand.daemon.answers["up"] = DevenvError(f"12:5: {PROBLEM['message']}")
    app = at_hand.app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("u")
        while not app._notifications:
            await pilot.pause(0.01)
        (told,) = app._notifications
    assert (told.title, told.message) == (
        "failed: bringing all up",
        "the profile has errors: they stand above",
    )


def test_the_head_says_what_the_table_is_sorted_by() -> None:
    view = View(read(shop()))
    for sort, head in ((Sort.NAME, "SERVICE ▾"), (Sort.CPU, "CPU ▾"), (Sort.MEMORY, "MEMORY ▾")):
        shown = services_table(view.services, view, 120, sort).head
        assert [cell.text.strip() for cell in shown if "▾" in cell.text] == [head]


def test_up_is_offered_on_what_is_at_rest() -> None:
    at_rest = Service("db", "service", State.STOPPED)
    assert [fits(keys.BY_ID["up"].when, (one,)) for one in (at_rest, WEB)] == [True, False]


async def test_only_a_preview_is_offered_to_live_on() -> None:
    app = stage().app()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("4")
        rows = app.screen.query_one("#environments", Rows)
        while len(rows.keys) < 5:
            await pilot.pause(0.01)
        assert "extend" not in foot(app)
        await pilot.press("G")
        await pilot.pause()
        assert "extend" in foot(app)


def foot(app: DevenvApp) -> str:
    """The line of keys."""
    return app.screen.query_one("#keys", Plain).render_line(0).text


@pytest.mark.parametrize(
    ("states", "told"),
    [
        (("watching", "equal"), "all files of web are there"),
        (("paused", "equal"), "not all that was saved is there: look at web in the table"),
        (("watching", "sending"), "not all that was saved is there: look at web in the table"),
    ],
)
async def test_flush_does_not_say_that_all_is_there_when_it_is_not(
    states: tuple[str, str], told: str
) -> None:
    at_hand = stage()
    rule = synced_rule("web", "/home/me/shop/web", states[0], synced(0, states[1]))
    answer = {"rules": [rule], "arrived": True, "moved": 1}
    at_hand.daemon.answers.update({"sync.status": answer, "sync.flush": answer})
    app = at_hand.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.press("5")
        while not app.screen.query_one("#synced", Rows).keys:
            await pilot.pause(0.01)
        await pilot.press("f")
        while not app._notifications:
            await pilot.pause(0.01)
        assert [one.message for one in app._notifications] == [told]


def test_what_is_paused_says_how_many_files_wait() -> None:
    told = [
        read_synced({"rules": [synced_rule("web", "/src", "paused", synced(0), **other)]})[0].reason
        for other in (
            {"waiting": 0},
            {"waiting": 1},
            {"waiting": 3, "reason": "another branch is checked out"},
        )
    ]
    assert told == ["", "1 file waits", "another branch is checked out; 3 files wait"]


def test_what_is_polled_for_want_of_watches_says_what_raises_their_number() -> None:
    command = "sudo sysctl fs.inotify.max_user_watches=524288"
    rule = synced_rule("web", "/src", "watching", synced(0), polled=[""], remedy=command)
    (one,) = read_synced({"rules": [rule]})
    assert one.faults == (f". is polled, no watch is left: {command}",)


def test_what_is_not_shown_is_counted_and_marks_among_it_too() -> None:
    view = View(read(shop()))
    for text, told in (
        ("", ("2 marked",)),
        ("web", ("5 services not shown", "2 marked, 1 of them not shown")),
        ("nothing", ("6 services not shown", "2 marked, 2 of them not shown")),
    ):
        choice = Choice(text, marked=frozenset({"web", "db", "gone"}))
        assert left_out(view, arranged(view, choice), choice) == told
    assert left_out(view, view.services, Choice()) == ()


async def test_the_foot_tells_of_a_field_while_something_is_typed() -> None:
    app = stage().app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", "w")
        await pilot.pause()
        assert foot(app).split() == ["⏎", "take", "it", "esc", "leave", "it"]
        await pilot.press("enter")
        await pilot.pause()
        assert "restart" in foot(app)


async def test_a_list_without_rows_offers_nothing_to_do_with_one() -> None:
    at_hand = stage()
    at_hand.daemon.answers["sync.status"] = {"rules": []}
    app = at_hand.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        await pilot.pause()
        assert "flush" not in foot(app)
        assert "help" in foot(app)


async def test_without_a_task_there_is_no_output_but_how_to_have_one(tmp_path: Path) -> None:
    at_hand = stage(shop(*(one for one in SHOP if one["kind"] != "task")))
    at_hand.daemon.logs = write_logs(tmp_path)
    app = at_hand.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await pilot.pause()
        screen = app.screen
        assert "The profile has no tasks." in screen.query_one("#tasks", Rows).render_line(0).text
        told = screen.query_one("#no-tasks", Plain)
        assert "  tasks:" in [
            told.render_line(y).text.rstrip()[2:] for y in range(told.size.height)
        ]
        logs = screen.query_one("#logs", Logs)
        assert not logs.reading.sources
        assert not logs.region


async def test_what_was_told_gives_way_to_what_is_new_but_for_errors() -> None:
    app = stage().app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        for severity in ("error", "warning", "information"):
            app.notify(severity, severity=severity)
            await pilot.pause()
        assert [one.message for one in app._notifications] == ["error", "information"]
        await pilot.press("escape")
        assert list(app._notifications) == []


def test_a_reason_that_is_longer_than_a_line_is_told_whole() -> None:
    reason = "crash is failed: was given up after 11 failures in a row, the last one with code 3"
    chain = (reason, f"  {reason}")
    crash = Service("crash", "service", State.FAILED)
    _, *told = page(crash, Inspection(why=chain), None, View(read(shop())), 40)
    texts = ["".join(cell.text for cell in line) for line in told]
    assert max(map(len, texts)) <= 40
    assert " ".join(" ".join(texts).split()) == f"{reason} {reason}"
    assert [len(text) - len(text.lstrip()) for text in texts[:-1]] == [2, 2, 2, 4, 4, 4]


@pytest.mark.parametrize("where", [keys.SERVICES, keys.ENVIRONMENTS])
def test_help_cuts_no_name_and_keeps_its_columns(where: str) -> None:
    remapped = {"restart": "ctrl+shift+f10,ctrl+r", "palette": "ctrl+p"}
    parts = help_parts(where, remapped)
    width = help_width(parts)
    for room in (width, 75):
        lines = [line for line in help_lines(parts, room) if line and line[0].role == "key"]
        assert {len(line[0].text) for line in lines} == {len(lines[0][0].text)}
        assert all(sum(len(cell.text) for cell in line) <= room for line in lines)
    whole = ["".join(cell.text for cell in line) for line in help_lines(parts, width)]
    assert not any("…" in line for line in whole)
