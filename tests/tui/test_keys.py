"""What keys do: decided as a value, asked of the daemon, told to the user."""

from __future__ import annotations

from collections import Counter

import pytest
from textual.events import Key
from textual.widgets import Input

from devenv.model.state import State
from devenv.tui import keys
from devenv.tui.actions import Aside, Ask, Confirm, Copy, Open, Say, Situation, decide
from devenv.tui.fitting import fits
from devenv.tui.lines import nothing_there
from devenv.tui.screens.detail import DetailScreen
from devenv.tui.snapshot import Place, Port, Replica, Service, Snapshot, read
from devenv.tui.synced import read_synced
from devenv.tui.told import read_previews, together
from devenv.tui.view import View
from devenv.tui.widgets.plain import Plain
from devenv.tui.widgets.rows import Rows
from tests.tui.stage import CALLER, PREVIEWS, PROBLEM, SHOP, SYNC, shop, stage

WEB = Service(
    "web",
    "service",
    State.READY,
    runtime="process",
    ports=(Port("web", 1, "http://127.0.0.1:1"),),
    replicas=(Replica(0, State.READY),),
)


def at(*services: Service) -> Situation:
    return Situation(Snapshot(Place("shop-1a2b3c4d")), services, CALLER)


def test_no_two_commands_of_a_place_have_one_key() -> None:
    for parts in keys.AT_ONCE:
        pressed = Counter(one for key in keys.of(*parts) for one in key.keys.split(","))
        assert [one for one, count in pressed.items() if count > 1] == []
    assert {part for parts in keys.AT_ONCE for part in parts} == {key.where for key in keys.KEYS}


def test_every_command_has_one_name() -> None:
    assert len(keys.BY_ID) == len(keys.KEYS)


def test_a_verb_is_meant_for_all_that_is_marked() -> None:
    other = Service("db", "service", State.READY)
    deed = decide("restart", at(WEB, other))
    assert isinstance(deed, Ask)
    assert (deed.method, deed.params["services"]) == ("restart", ["web", "db"])
    assert deed.said == "restarting web and db"


@pytest.mark.parametrize(
    ("runtime", "started", "attaches", "shown"),
    [
        ("process", 1.0, True, True),
        ("docker", 1.0, True, True),
        ("docker", 1.0, False, False),
        ("process", 1.0, False, False),
        ("kubernetes", 1.0, True, True),
        ("docker", None, True, False),
    ],
)
def test_attach_is_offered_for_what_runs_and_has_a_terminal(
    runtime: str, started: float | None, attaches: bool, shown: bool
) -> None:
    one = Service(
        "web", "service", State.READY, runtime=runtime, started=started, attaches=attaches
    )
    assert fits(keys.BY_ID["attach"].when, (one,)) is shown


def test_what_is_built_is_built_anew_and_all_else_is_left() -> None:
    built = Service("web", "service", State.READY, runtime="docker", builds=True)
    pulled = Service("db", "service", State.READY, runtime="docker")
    assert decide("rebuild", at(built, pulled)) == Aside(("up", "-d", "--build", "web"))
    assert isinstance(decide("rebuild", at(pulled)), Say)
    shown = keys.BY_ID["rebuild"].when
    assert (fits(shown, (built,)), fits(shown, (pulled,))) == (True, False)


def test_scaling_counts_from_what_there_is() -> None:
    deed = decide("more", at(WEB))
    assert isinstance(deed, Ask)
    assert deed.params["replicas"] == {"web": 2}


def test_what_is_paused_goes_on_by_the_same_key() -> None:
    paused = Service("web", "service", State.PAUSED)
    asked = [decide("pause", at(one)) for one in (WEB, paused)]
    assert [deed.method for deed in asked if isinstance(deed, Ask)] == ["pause", "resume"]


def test_a_page_is_opened_and_an_address_copied() -> None:
    url = "http://127.0.0.1:1"
    assert decide("open", at(WEB)) == Open(url, Copy(url))
    assert decide("copy", at(WEB)) == Copy("http://127.0.0.1:1")
    assert isinstance(decide("open", at(Service("db", "service", State.READY))), Say)


def test_down_is_asked_about_first_and_nothing_happens_to_nobody() -> None:
    assert isinstance(decide("down", at()), Confirm)
    assert isinstance(decide("restart", at()), Say)


def test_nothing_is_asked_of_no_environment() -> None:
    for verb in ("up", "down", "start"):
        assert isinstance(decide(verb, Situation(Snapshot(), (WEB,), CALLER)), Say)


async def test_failures_come_first_and_the_cursor_is_on_them() -> None:
    async with stage().app().run_test(size=(80, 24)) as pilot:
        rows = pilot.app.screen.query_one("#services", Rows)
        assert (rows.keys[0], rows.cursor) == ("mailer", "mailer")


async def test_marked_services_are_restarted_together() -> None:
    at_hand = stage()
    async with at_hand.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "space", "space", "r")
        await pilot.pause()
    (asked,) = [params for method, params in at_hand.daemon.asked if method == "restart"]
    assert asked["services"] == ["web", "db"]
    assert asked["client"] == CALLER


@pytest.mark.parametrize(
    ("pressed", "asked"),
    [
        (("j", "j", "space", "slash", *"docker", "enter", "x"), ["db"]),
        (("G", "space", "h", "x"), ["worker"]),
        (("slash", *"nothing", "enter", "x"), []),
    ],
)
async def test_a_verb_is_meant_for_nothing_that_is_not_shown(
    pressed: tuple[str, ...], asked: list[str]
) -> None:
    at_hand = stage()
    async with at_hand.app().run_test(size=(80, 24)) as pilot:
        for key in pressed:
            await pilot.press(key)
            await pilot.pause()
    found = [params["services"] for method, params in at_hand.daemon.asked if method == "stop"]
    assert [name for names in found for name in names] == asked


async def test_q_leaves_and_asks_for_nothing() -> None:
    at_hand = stage()
    app = at_hand.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("q")
    assert app.return_code == 0
    assert at_hand.daemon.methods() == []


async def test_down_asks_first() -> None:
    at_hand = stage()
    async with at_hand.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("D", "n")
        await pilot.pause()
        assert at_hand.daemon.methods() == []
        await pilot.press("D", "y")
        await pilot.pause()
    assert at_hand.daemon.methods() == ["down"]


async def test_a_refusal_is_told_and_nothing_else_changes() -> None:
    at_hand = stage()
    del at_hand.daemon.answers["restart"]
    app = at_hand.app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("r")
        await pilot.pause()
        (told,) = app._notifications
        assert "no answer to restart" in told.message


async def test_typing_filters_and_escape_takes_it_back() -> None:
    async with stage().app().run_test(size=(80, 24)) as pilot:
        rows = pilot.app.screen.query_one("#services", Rows)
        await pilot.press("slash", *"docker", "enter")
        await pilot.pause()
        assert rows.keys == ("db",)
        await pilot.press("escape")
        await pilot.pause()
        assert len(rows.keys) == 6
        await pilot.press("h")
        await pilot.pause()
        assert "search" not in rows.keys


@pytest.mark.parametrize("places", [(), ("tab",)], ids=["services", "logs"])
async def test_what_is_pressed_at_once_is_typed_in_the_field(places: tuple[str, ...]) -> None:
    at_hand = stage()
    app = at_hand.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*places)
        app.post_message(Key("slash", "/"))
        for character in "xrq":
            app.post_message(Key(character, character))
        await pilot.pause()
        await pilot.pause()
        assert isinstance(app.focused, Input)
        assert app.focused.value == "xrq"
    assert at_hand.daemon.methods() == []


async def test_a_page_is_shown_or_its_address_copied() -> None:
    at_hand = stage(opens=False)
    app = at_hand.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "j", "o")
        await pilot.pause()
        assert at_hand.opened == ["http://127.0.0.1:21457"]
        assert app.clipboard == "http://127.0.0.1:21457"


async def test_enter_shows_what_is_known_of_a_service_and_escape_comes_back() -> None:
    app = stage().app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, DetailScreen)
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(app.screen, DetailScreen)


async def test_the_logs_of_a_service_are_a_key_away_from_what_is_known_of_it() -> None:
    app = stage().app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "d")
        await pilot.pause()
        assert isinstance(app.screen, DetailScreen)
        await pilot.press("l")
        while app.screen is not app.get_screen("services"):
            await pilot.pause()
        await pilot.pause()
        assert "Logs migrate" in app.screen.query_one("#log-rule", Plain).render_line(0).text


async def test_another_environment_is_shown_by_enter() -> None:
    at_hand = stage()
    place = {**shop()["environment"], "id": "shop-payments-1a2b3c4d", "name": "shop-payments"}
    at_hand.daemon.answers["status"] = shop(SHOP[0], environment=place)
    app = at_hand.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("4")
        while len(app.screen.query_one("#environments", Rows).keys) < 3:
            await pilot.pause()
        await pilot.press("j", "enter")
        while app.view.snapshot.place.name != "shop-payments":
            await pilot.pause()
        await pilot.press("r")
        while "restart" not in at_hand.daemon.methods():
            await pilot.pause()
    (asked,) = [params for method, params in at_hand.daemon.asked if method == "restart"]
    assert asked["target"]["environment"] == "shop-payments-1a2b3c4d"


async def test_a_preview_is_extended_and_taken_down_by_its_name_and_cluster() -> None:
    at_hand = stage()
    async with at_hand.app().run_test(size=(120, 40)) as pilot:
        await pilot.press("4")
        rows = pilot.app.screen.query_one("#environments", Rows)
        while len(rows.keys) < 5:
            await pilot.pause(0.01)
        await pilot.press("G", "k", "e")
        await pilot.press("x", "n")
        assert at_hand.daemon.methods() == ["preview.extend"]
        await pilot.press("x", "y")
        while len(at_hand.daemon.methods()) < 2:
            await pilot.pause(0.01)
    asked = [(m, p["name"], p["cluster"]) for m, p in at_hand.daemon.asked if "name" in p]
    assert asked == [
        ("preview.extend", "shop-checkout", "team"),
        ("preview.down", "shop-checkout", "team"),
    ]


def test_a_preview_of_ours_is_told_of_once() -> None:
    previews = read_previews(PREVIEWS)
    assert together(previews[:1], previews) == previews


async def test_every_command_of_a_screen_is_in_the_palette() -> None:
    app = stage().app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+p", *"restart db", "enter")
        while not (asked := [p for m, p in stage_asked(app) if m == "restart"]):
            await pilot.pause(0.01)
    assert asked[0]["services"] == ["db"]


async def test_a_command_is_found_by_its_name_too() -> None:
    app = stage().app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+p", *"scale-up", "enter")
        while not [params for method, params in stage_asked(app) if method == "scale"]:
            await pilot.pause(0.01)


def stage_asked(app: object) -> list[tuple[str, dict[str, object]]]:
    return list(app.client.asked)  # type: ignore[attr-defined]  # the daemon of the stage


@pytest.mark.parametrize(
    ("problems", "told"),
    [
        ([PROBLEM], "Its services are known as soon as the profile is mended."),
        ([{**PROBLEM, "warning": True}], "The profile has no services."),
        ([], "The profile has no services."),
    ],
)
def test_a_profile_that_was_not_read_is_not_said_to_be_empty(
    problems: list[dict[str, object]], told: str
) -> None:
    view = View(read({**shop(problems=problems), "services": []}))
    assert nothing_there(view, "services") == told


@pytest.mark.parametrize(
    ("key", "method"), [("p", "sync.pause"), ("r", "sync.resume"), ("f", "sync.flush")]
)
async def test_files_are_held_back_let_on_and_waited_for(key: str, method: str) -> None:
    at_hand = stage()
    app = at_hand.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("5")
        rows = app.screen.query_one("#synced", Rows)
        while not rows.keys:
            await pilot.pause()
        await pilot.press("j", "j", key)
        while not at_hand.daemon.methods():
            await pilot.pause()
    asked = [one for one in at_hand.daemon.asked if one[0] == method]
    assert [params["services"] for _, params in asked] == [["worker"]]


def test_each_target_is_told_of_in_the_state_that_stops_it() -> None:
    found = read_synced(SYNC)
    assert [(one.replica, one.state) for one in found] == [
        ("web", "equal"),
        ("web[1]", "sending"),
        ("worker", "paused"),
        ("db", "waiting"),
        ("search", "halted"),
    ]
    assert [len(one.faults) for one in found] == [0, 2, 0, 1, 0]


@pytest.mark.parametrize("back", ["Z", "escape"])
async def test_the_logs_fill_the_screen_and_give_it_back(back: str) -> None:
    app = stage().app()
    async with app.run_test(size=(80, 24)) as pilot:
        while not app.screen.query("#logs"):
            await pilot.pause()
        rows = app.screen.query_one("#services", Rows)
        await pilot.press("z")
        await pilot.pause()
        assert not rows.display
        await pilot.press(back)
        await pilot.pause()
        assert rows.display
        assert app.focused is rows


async def test_what_is_told_is_told_as_it_is() -> None:
    app = stage().app()
    async with app.run_test() as pilot:
        app.notify("cannot run [/bin/sh]: [bold]no")
        await pilot.pause()
        (told,) = app._notifications
        assert (told.message, told.markup) == ("cannot run [/bin/sh]: [bold]no", False)
