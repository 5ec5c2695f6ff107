"""The app's hands: a deed that was decided on is done, and what comes of it is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, assert_never

from textual.app import SuspendNotSupported

from devenv.errors import DevenvError
from devenv.tui.actions import Aside, Ask, Confirm, Copy, Deed, Open, Say
from devenv.tui.screens.opening import opened
from devenv.tui.snapshot import Problem
from devenv.tui.view import PROBLEMS_ABOVE, REFUSED_ABOVE
from devenv.tui.working import begin

if TYPE_CHECKING:
    from devenv.tui.app import DevenvApp


def perform(app: DevenvApp, deed: Deed) -> None:
    """Do it now, or begin it."""
    match deed:
        case Ask():
            begin(app, _ask, app, deed)
        case Confirm(question, ask):
            asking = opened("confirm", question)
            app.push_screen(asking, lambda yes: perform(app, ask) if yes else None)
        case Aside(words):
            _step_aside(app, words)
        case Open(url, otherwise):
            if app.is_web:
                app.open_url(url)
            elif not app.desk.open(url):
                _copy(app, otherwise, "No browser here. ")
        case Copy():
            _copy(app, deed)
        case Say(text):
            app.notify(text, severity="warning")
        case _:
            assert_never(deed)


def _copy(app: DevenvApp, copy: Copy, before: str = "") -> None:
    app.copy_to_clipboard(copy.text)
    without = f" ({copy.lacks} is not in it)" if copy.lacks else ""
    app.notify(f"{before}Copied{without}: {copy.text}")


async def _ask(app: DevenvApp, ask: Ask) -> None:
    params = {"target": app.target, **ask.params}
    try:
        document = await app.client.call(ask.method, params, within=ask.within, start=True)
    except DevenvError as error:
        text = _refusal(error, app.view.snapshot.problems)
        if ask.method == "up" and text == error.text:
            app.show_view(refused=text)
            text = REFUSED_ABOVE
        app.notify(text, title=f"failed: {ask.said}", severity="error", timeout=10)
        return
    if app.view.refused:
        app.show_view(refused="")
    if ask.method not in _OF_OTHER_THINGS:
        app.take_document(document)
    if lacking := ask.lacks(document):
        app.notify(lacking, severity="warning", timeout=5)
    else:
        app.notify(ask.said, timeout=2)


def _refusal(error: DevenvError, problems: Sequence[Problem]) -> str:
    """Why it was refused; what stands above the table is not told twice."""
    is_above = any(not one.warning and one.message in error.text for one in problems)
    return PROBLEMS_ABOVE if is_above else error.text


_OF_OTHER_THINGS = frozenset(
    {"preview.down", "preview.extend", "sync.pause", "sync.resume", "sync.flush"}
)
"""Methods that do not answer with a status document."""


def _step_aside(app: DevenvApp, words: Sequence[str]) -> None:
    try:
        with app.suspend():
            app.desk.aside(app.view.snapshot.place.id, words)
    except SuspendNotSupported:
        app.notify("This needs a terminal of its own.", severity="warning")
    app.refresh(layout=True)
