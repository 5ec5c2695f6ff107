"""The themes: dark, light, high contrast, and one that works without any colour."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from rich.style import Style
from textual.theme import Theme

DARK = Theme(
    name="dark",
    primary="#7aa2f7",
    secondary="#89b4c9",
    accent="#7dcfff",
    success="#8ec07c",
    warning="#e0af68",
    error="#f7768e",
    foreground="#c8ccd4",
    background="#16181d",
    surface="#1c1f26",
    panel="#272b34",
    variables={"dim": "#8a909c", "faint": "#3a3f4b"},
    dark=True,
)
LIGHT = Theme(
    name="light",
    primary="#2456b8",
    secondary="#3b6d80",
    accent="#005f87",
    success="#2b6e1f",
    warning="#8a5a00",
    error="#b3142e",
    foreground="#24292f",
    background="#fcfcfa",
    surface="#f2f2ee",
    panel="#e2e2dc",
    variables={"dim": "#6a6f76", "faint": "#c9c9c2"},
    dark=False,
)
CONTRAST = Theme(
    name="contrast",
    primary="#ffffff",
    secondary="#ffffff",
    accent="#00ffff",
    success="#00ff00",
    warning="#ffff00",
    error="#ff6060",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#303030",
    variables={"dim": "#d0d0d0", "faint": "#808080"},
    dark=True,
)

ALL = (DARK, LIGHT, CONTRAST)


@cache
def looks(name: str) -> Mapping[str, Style]:
    """How each role of a cell looks in one of our themes."""
    theme = next(one for one in ALL if one.name == name)
    dim, faint = theme.variables["dim"], theme.variables["faint"]
    return {
        "plain": Style(),
        "strong": Style(bold=True),
        "good": Style(color=theme.success),
        "busy": Style(color=theme.primary),
        "wait": Style(color=theme.warning),
        "bad": Style(color=theme.error, bold=True),
        "dim": Style(color=dim),
        "head": Style(color=dim),
        "history": Style(color=theme.secondary),
        "link": Style(color=theme.accent),
        "accent": Style(color=theme.accent, bold=True),
        "key": Style(color=theme.accent, bold=True),
        "rule": Style(color=faint),
        "title": Style(color=theme.background, bgcolor=theme.primary, bold=True),
        "tab": Style(color=dim),
        "tab-shown": Style(color=theme.foreground, bold=True, underline=True),
        "cursor": Style(bgcolor=theme.panel, bold=True),
        "cursor-away": Style(bgcolor=theme.surface),
    }


@cache
def without_colour(name: str) -> Mapping[str, Style]:
    """The same where there is no colour: what is wrong is what the eye meets first."""
    return {
        **looks(name),
        "good": Style(),
        "busy": Style(),
        "wait": Style(bold=True),
        "bad": Style(bold=True, reverse=True),
        "title": Style(bold=True, reverse=True),
    }


def after(name: str) -> str:
    """The theme that follows this one; the first, where it is none of ours."""
    names = [theme.name for theme in ALL]
    here = names.index(name) if name in names else -1
    return names[(here + 1) % len(names)]
