"""How each screen looks, as pictures, at three sizes and in two themes."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from devenv.api.connection import NoDaemonError
from devenv.errors import DevenvError
from devenv.tui import feed
from devenv.tui.app import DevenvApp
from devenv.tui.screens import environments
from devenv.tui.settings import Settings
from devenv.tui.widgets.log_view import LogView
from tests.tui.logged import write_logs
from tests.tui.stage import PROBLEM, SHOP, shop, stage

SIZES = ((80, 24), (120, 40), (200, 60))
THEMES = ("dark", "light")
SCREENS = {
    "services": (),
    "detail": ("j", "j", "enter"),
    "tasks": ("2", "j"),
    "timeline": ("3",),
    "environments": ("4",),
    "sync": ("5",),
    "help": ("question_mark",),
    "filter": ("slash", "w", "e"),
    "question": ("D",),
}
WITHIN = 60.0
Compare = Callable[..., bool]


@pytest.fixture(autouse=True)
def one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is looked at every few seconds is looked at once, however long the test takes."""
    monkeypatch.setattr(feed, "SAMPLE_EVERY", 3600.0)
    monkeypatch.setattr(environments, "LOOK_EVERY", 3600.0)


def pressed(*keys: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Press keys once all is drawn, and wait until what they ask for is drawn."""

    async def press(pilot: Pilot[Any]) -> None:
        await still(pilot)
        await pilot.press(*keys)
        await still(pilot)

    return press


async def still(pilot: Pilot[Any]) -> None:
    """Wait until all that was asked for is there and nothing moves any more."""
    before = ""
    for field in pilot.app.screen.query(Input):
        field.cursor_blink = False
    end = time.monotonic() + WITHIN
    while time.monotonic() < end:
        shown = pilot.app.export_screenshot()
        if shown == before and pilot.app.view.usage.services and is_read(pilot):  # type: ignore[attr-defined]  # ours
            return
        before = shown
        await pilot.pause(0.05)
    raise AssertionError(f"it moves still, or lacks something, after {WITHIN} s")


def is_read(pilot: Pilot[Any]) -> bool:
    """Tell whether all logs of the screen are there."""
    daemon = pilot.app.client  # type: ignore[attr-defined]  # that of the stage
    return all(
        bool(view._sources) == bool(daemon.logs) and not view.reading.to_count(None)
        for view in pilot.app.screen.query(LogView)
    )


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_looks_as_it_did(
    snap_compare: Compare, screen: str, size: tuple[int, int], theme: str
) -> None:
    app = stage(settings=Settings(theme)).app()
    assert snap_compare(app, terminal_size=size, run_before=pressed(*SCREENS[screen]))


STATES = {
    "logs": (),
    "zoomed-logs": ("z", "t"),
    "searched-logs": ("tab", "slash", *"40|ERROR", "enter", "N"),
    "filtered-logs": ("tab", "ampersand", *"web|GET", "enter", "w"),
    "marked-lines": ("tab", "g", "m", "j", "j", "m", "v", "j"),
    "unfolded-lines": ("z", "slash", *"Traceback", "enter", "enter", "J"),
    "marked-services": ("j", "space", "space", "slash", *"we", "enter"),
    "palette": ("ctrl+p", *"resta"),
    "toast": ("r",),
    "toasts": ("r", "y", "o"),
    "refused": ("s",),
    "output": ("2", "G"),
}


@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", STATES)
def test_a_state_looks_as_it_did(
    snap_compare: Compare, lasting: None, tmp_path: Path, state: str, size: tuple[int, int]
) -> None:
    at_hand = stage()
    at_hand.daemon.logs = write_logs(tmp_path)
    at_hand.daemon.answers["start"] = DevenvError(
        "port 22694 of db is taken by postgres (pid 4711)", "stop that, or give db another port"
    )
    shown = pressed(*STATES[state])
    assert snap_compare(at_hand.app(), terminal_size=size, run_before=shown)


@pytest.fixture
def lasting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told stays, however long the test takes."""
    told = DevenvApp.notify

    def notify(app: DevenvApp, message: str, **how: Any) -> None:
        told(app, message, **{**how, "timeout": 3600.0})

    monkeypatch.setattr(DevenvApp, "notify", notify)


def test_a_daemon_that_is_away_is_told(snap_compare: Compare, tmp_path: Path) -> None:
    at_hand = stage()
    at_hand.daemon.logs = write_logs(tmp_path)

    async def leave(pilot: Pilot[Any]) -> None:
        await still(pilot)
        at_hand.daemon.news.put_nowait(NoDaemonError())
        await still(pilot)

    assert snap_compare(at_hand.app(), terminal_size=(80, 24), run_before=leave)


def test_a_broken_profile_is_told_with_its_place(snap_compare: Compare) -> None:
    changes = ["web would be made again: its definition has changed"]
    first = shop(problems=[PROBLEM], changes=changes, notice="its keeper has ended")
    assert snap_compare(stage(first).app(), terminal_size=(80, 24), run_before=pressed())


def test_a_profile_without_tasks_says_how_to_have_one(snap_compare: Compare) -> None:
    app = stage(shop(*(one for one in SHOP if one["kind"] != "task"))).app()
    assert snap_compare(app, terminal_size=(80, 24), run_before=pressed("2"))


def test_what_was_refused_stands_above(snap_compare: Compare) -> None:
    why = "db can only be a container: no engine listens at unix:///var/run/docker.sock"
    app = stage(refused=f"{why}\nstart the engine, or add `process: {{command: …}}`").app()
    assert snap_compare(app, terminal_size=(80, 24), run_before=pressed())


def test_high_contrast(snap_compare: Compare) -> None:
    app = stage(settings=Settings("contrast")).app()
    assert snap_compare(app, terminal_size=(80, 24), run_before=pressed())


def test_no_colour(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(stage().app(), terminal_size=(80, 24), run_before=pressed())
