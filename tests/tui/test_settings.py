"""The user's configuration: which keys can be had, and what is said of a mistake."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import Theme

from devenv.tui import themes
from devenv.tui.settings import parse
from tests.tui.stage import stage


async def test_a_key_can_be_another_one() -> None:
    at_hand = stage(settings=parse('[keys]\nrestart = "ctrl+r"\n', "tui.toml"))
    async with at_hand.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("r")
        await pilot.press("ctrl+r")
        await pilot.pause()
    assert at_hand.daemon.methods() == ["restart"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("theme = 'pink'", "there is no theme 'pink'"),
        ("colour = 1", "there is no setting 'colour'"),
        ("[keys]\nrestat = 'r'", "there is no command 'restat'"),
        ("[keys]\nrestart = 1", "restart is not a key"),
        ("[keys]\nquit = ''", "quit cannot be without a key; it keeps q and ^c"),
        ("theme = ", "Invalid value"),
        ("[keys]\nstop = 'nonsense-key'", "there is no key 'nonsense-key'"),
        ("[keys]\nstop = 'hyper+ctrl+'", "there is no key 'hyper+ctrl+'"),
        ("[keys]\nlog.search = 'hyper+q'", "there is no key 'hyper+q'"),
        ("[keys]\nstop = 'shift+a'", "there is no key 'shift+a'"),
        ("[keys]\nstop = 'R,'", "there is no key ''"),
        ("[keys]\nrestart = 'q'", "restart = 'q': this is the key of quit already"),
        ("[keys]\nrestart = ':'", "restart = 'colon': this is the key of palette already"),
        ("[keys]\nlist.down = 'n,s'", "list.down = 's': this is the key of"),
        ("[keys]\nstop = 'R'\nrestart = 'R'", "restart = 'R': this is the key of stop already"),
    ],
)
def test_a_mistake_in_the_configuration_is_told(text: str, told: str) -> None:
    (problem,) = parse(text, "tui.toml").problems
    assert told in problem


async def test_the_file_of_several_mistakes_is_told_once() -> None:
    settings = parse("colour = 1\nsize = 2\n", "/home/me/tui.toml")
    app = stage(settings=settings).app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.pause()
        (told,) = app._notifications
    assert told.title == "/home/me/tui.toml"
    assert told.message == "there is no setting 'colour'\nthere is no setting 'size'"


def test_a_key_that_is_free_can_be_had() -> None:
    wanted = {"restart": "x", "stop": "r", "logs": "f5,ctrl+l", "sort": "€", "task.run": "R"}
    text = "".join(f"{name} = {pressed!r}\n" for name, pressed in wanted.items())
    settings = parse(f"[keys]\n{text}mark = '?'\nhelp = 'f1'\n", "tui.toml")
    assert settings.problems == ()
    assert settings.keys == {**wanted, "sort": "euro_sign", "mark": "question_mark", "help": "f1"}


async def test_what_another_key_does_is_not_done_by_the_old_one() -> None:
    at_hand = stage(settings=parse('[keys]\ntask.run = "R"\n', "tui.toml"))
    async with at_hand.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await pilot.pause()
        await pilot.press("enter", "r")
        await pilot.pause()
        assert at_hand.daemon.methods() == []
        await pilot.press("R")
        while not at_hand.daemon.methods():
            await pilot.pause()
    assert at_hand.daemon.methods() == ["run"]


def test_the_rest_of_a_configuration_holds() -> None:
    settings = parse("theme = 'light'\n[keys]\nlist.up = 'w'\nnothing = 'x'\n", "tui.toml")
    assert (settings.theme, settings.keys, len(settings.problems)) == ("light", {"list.up": "w"}, 1)


@pytest.mark.parametrize("theme", themes.ALL, ids=lambda theme: theme.name)
def test_without_colour_a_failure_is_what_the_eye_meets_first(theme: Theme) -> None:
    found = themes.without_colour(theme.name)
    assert (found["bad"].bold, found["bad"].reverse, found["bad"].color) == (True, True, None)
    assert [role for role, style in found.items() if style.reverse] == ["bad", "title"]
    assert not any(found[role].dim or found[role].color for role in ("good", "busy", "wait"))


async def test_without_colour_none_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with stage().app().run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        styles = [
            segment.style
            for strip in pilot.app.screen._compositor.render_strips()
            for segment in strip.apply_filter(pilot.app._filters[0], Color(0, 0, 0))
            if segment.style
        ]
    assert styles
    assert all(
        found is None or found.is_default
        for style in styles
        for found in (style.color, style.bgcolor)
    )
