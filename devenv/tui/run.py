"""The one door to the UI for the command line."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence

from devenv.api.asynchronous import AsyncClient
from devenv.tui.app import DevenvApp
from devenv.tui.desk import Desk
from devenv.tui.settings import parse

__all__ = ["Desk", "run_ui", "serve_ui"]


def run_ui(desk: Desk, settings: str, path: str) -> tuple[str, bool]:
    """Show it until it is left. ``settings`` is the configuration's text, ``path`` its file.

    Returns the name of the environment that was shown last ("": none was), and whether something of
    it runs.
    """
    client = AsyncClient(desk.environ)
    gc.freeze()  # what is loaded stays: to look through it again would cost frames
    gc.enable()
    try:
        app = DevenvApp(desk, client, parse(settings, path))
        app.run()
    finally:
        client.close()
    shown = app.view.snapshot
    return shown.place.name, any(one.runs for one in shown.services)


def serve_ui(command: Sequence[str], told: Callable[[str], None]) -> None:
    """Serve a browser what ``command`` shows, until ^C; ``told`` gets the address."""
    from devenv.tui.web import serve

    serve(command, told)
