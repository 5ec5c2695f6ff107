"""``devenv up``: say what is wanted, and wait until it is so."""

from __future__ import annotations

from devenv.cli.outcome import bring_up
from devenv.cli.render import confirm, is_terminal, notice, request_text
from devenv.cli.result import Result
from devenv.cli.services import all_moved, moved_text
from devenv.errors import DevenvError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session


def _up(
    arguments: Arguments, session: Session, replace: Sequence[str] | None = None
) -> dict[str, Any]:
    """Ask the daemon; where volumes would be replaced with their data, the user first."""
    try:
        return session.call(
            "up",
            client=session.caller(),
            services=arguments.services or None,
            runtime=arguments.runtime,
            watch=not arguments.no_watch,
            new_images=arguments.build or None,
            replace=replace,
        )
    except DevenvError as error:
        volumes = getattr(error, "volumes", ())
        if not volumes or volumes == replace or not _agrees(volumes, yes=arguments.yes):
            raise
        return _up(arguments, session, volumes)


def _agrees(volumes: Sequence[str], *, yes: bool) -> bool:
    which = ", ".join(volumes)
    return confirm(
        f"Made from another definition: {which}. Replace it, and lose its data?", yes=yes
    )


def run(arguments: Arguments, session: Session) -> Result:
    if arguments.dry_run:
        from devenv.cli.plan import run as plan

        return plan(arguments, session)

    if arguments.build:
        from devenv.cli.build import build

        built = build(session)
        if built.code:
            return built

    def ask() -> dict[str, Any]:
        answer = _up(arguments, session)
        for request in answer.get("requests") or ():
            notice(request_text(request))
        for moved in all_moved(answer["services"]):
            notice(moved_text(moved))
        if answer.get("notice"):
            notice(answer["notice"])
        return answer

    waits = arguments.detach or arguments.json or arguments.timeout is not None
    if not waits and is_terminal(session.environ):
        from devenv.cli.tui import open_ui

        return open_ui(session, ask)
    return bring_up(session, ask, arguments.services)
