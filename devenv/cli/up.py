"""``devenv up``: say what is wanted, and wait until it is so."""

from __future__ import annotations

from devenv.cli.outcome import bring_up
from devenv.cli.render import is_terminal, notice, request_text
from devenv.cli.result import Result

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session


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
        answer = session.call(
            "up",
            client=session.caller(),
            services=arguments.services or None,
            runtime=arguments.runtime,
            watch=not arguments.no_watch,
            new_images=arguments.build or None,
        )
        for request in answer.get("requests") or ():
            notice(request_text(request))
        if answer.get("notice"):
            notice(answer["notice"])
        return answer

    waits = arguments.detach or arguments.json or arguments.timeout is not None
    if not waits and is_terminal(session.environ):
        from devenv.cli.tui import open_ui

        return open_ui(session, ask)
    return bring_up(session, ask, arguments.services)
