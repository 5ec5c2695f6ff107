"""``devenv tui``: the terminal UI. It is loaded here and nowhere else."""

from __future__ import annotations

import gc
import os
import signal
import sys

from devenv.api import places
from devenv.api.codec import RemoteError
from devenv.cli.open import show_page
from devenv.cli.render import clear, is_terminal, notice
from devenv.cli.result import Result
from devenv.errors import DevenvError, UsageError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session


def run(arguments: Arguments, session: Session) -> Result:
    if arguments.web:
        return _serve(arguments, session)
    if not is_terminal(session.environ) and _WEB_DRIVER not in session.environ:
        raise UsageError("the UI needs a terminal", "`devenv status` and `devenv logs -f` do not.")
    return open_ui(session, lambda: _first(session))


def _first(session: Session) -> dict[str, Any]:
    """What is to be shown: this folder's environment; without a profile, none yet."""
    try:
        return session.call("status")
    except RemoteError as error:
        if not error.no_profile:
            raise
        return _of_nothing(error.told)


def _of_nothing(why: str) -> dict[str, Any]:
    """A status document of no environment."""
    return {
        "environment": dict.fromkeys(("id", "name", "path", "branch", "kind"), ""),
        **dict.fromkeys(("services", "problems", "changes"), ()),
        "notice": why,
        "revision": -1,
        "leaving": False,
    }


def _serve(arguments: Arguments, session: Session) -> Result:
    from devenv.tui.run import serve_ui

    _first(session)  # what is wrong is told here, not in the browser
    session.close()
    words = ["-C", session.directory]
    words += [word for file in arguments.file for word in ("-f", file)]
    words += [word for name in arguments.profile for word in ("--profile", name)]
    if arguments.environment:
        words += ["-e", arguments.environment]
    told = "open {} in a browser of this machine, once; ^C ends it".format
    serve_ui((*_DEVENV, *words, "tui"), lambda address: notice(told(address)))
    return Result({})


_WEB_DRIVER = "TEXTUAL_DRIVER"
"""Set for a UI whose terminal is a page."""


def open_ui(session: Session, ask: Callable[[], dict[str, Any]]) -> Result:
    """Open the UI on what ``ask`` answers. Where it is refused, the UI shows why."""
    gc.disable()  # until all is loaded: nothing of that is garbage
    from devenv.tui.run import Desk, run_ui

    try:
        first, refused = ask(), ""
    except DevenvError as error:
        first, refused = session.call("status"), error.message
    session.close()
    desk = Desk(
        environ=session.environ,
        caller=session.caller(),
        first=first,
        refused="" if first["problems"] else refused,
        aside=_aside,
        open=lambda url: show_page(url, session.environ),
    )
    name, runs = run_ui(desk, *_settings(session.environ))
    if not name:
        return Result({})
    goes_on = f"{name} goes on. `devenv tui` comes back, `devenv down` ends it."
    at_rest = f"Nothing of {name} runs. `devenv up` brings it up."
    return Result({}, notes=(goes_on if runs else at_rest,))


def _settings(environ: Mapping[str, str]) -> tuple[str, str]:
    """The text of the user's configuration, and its path."""
    path = places.tui_settings(environ)
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(), path
    except FileNotFoundError:
        return "", path
    except OSError as error:
        notice(f"cannot read {path}: {error.strerror}")
        return "", path


_DEVENV = (sys.executable, "-P", "-c", "from devenv.cli.main import main; main()")


def _aside(environment: str, words: Sequence[str]) -> None:
    """Run one of our verbs in this terminal, and return when it has ended."""
    command = (*_DEVENV, "-e", environment, *words)
    clear()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # ^C is for the one in front
    try:
        pid = os.posix_spawn(command[0], command, os.environ, setsigdef=[signal.SIGINT])
        _, status = os.waitpid(pid, 0)
        if status:
            notice("Enter goes back.")
            sys.stdin.readline()
    finally:
        signal.signal(signal.SIGINT, before)
