"""How each screen looks, as pictures, at three sizes and in two themes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from devenv.tui import feed
from devenv.tui.screens import environments
from devenv.tui.settings import Settings
from tests.tui.stage import PROBLEM, shop, stage

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
    while True:
        shown = pilot.app.export_screenshot()
        if shown == before and pilot.app.view.usage.services:  # type: ignore[attr-defined]  # ours
            return
        before = shown
        await pilot.pause(0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_looks_as_it_did(
    snap_compare: Compare, screen: str, size: tuple[int, int], theme: str
) -> None:
    app = stage(settings=Settings(theme)).app()
    assert snap_compare(app, terminal_size=size, run_before=pressed(*SCREENS[screen]))


def test_a_broken_profile_is_told_with_its_place(snap_compare: Compare) -> None:
    changes = ["web would be made again: its definition has changed"]
    first = shop(problems=[PROBLEM], changes=changes, notice="its keeper has ended")
    assert snap_compare(stage(first).app(), terminal_size=(80, 24), run_before=pressed())


def test_high_contrast(snap_compare: Compare) -> None:
    app = stage(settings=Settings("contrast")).app()
    assert snap_compare(app, terminal_size=(80, 24), run_before=pressed())


def test_no_colour(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(stage().app(), terminal_size=(80, 24), run_before=pressed())
