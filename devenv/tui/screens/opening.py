"""Makes the screens that are not there at first: each is loaded when somebody asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

if TYPE_CHECKING:
    from textual.command import Provider

_CLASSES = {
    "confirm": "ConfirmScreen",
    "detail": "DetailScreen",
    "environments": "EnvironmentsScreen",
    "help": "HelpScreen",
    "services": "ServicesScreen",
    "sync": "SyncScreen",
    "tasks": "TasksScreen",
    "timeline": "TimelineScreen",
}


def opened(name: str, *given: object) -> Screen[Any]:
    """A new screen, by the name of its module."""
    module = import_module(f"devenv.tui.screens.{name}")
    made: Screen[Any] = getattr(module, _CLASSES[name])(*given)
    return made


def help_screen(where: str, remapped: Mapping[str, str]) -> Screen[Any]:
    """The help on a screen, by which of the keys are its own."""
    from devenv.tui.helping import help_parts

    return opened("help", help_parts(where, remapped))


def commands() -> type[Provider]:
    """What the command palette searches."""
    from devenv.tui.palette import Commands

    return Commands
