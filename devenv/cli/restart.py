"""``devenv restart``: stop and start services, with the environment of now."""

from __future__ import annotations

from devenv.cli.outcome import bring_up
from devenv.cli.result import Result

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session


def run(arguments: Arguments, session: Session) -> Result:
    def ask() -> dict[str, Any]:
        return session.call("restart", client=session.caller(), services=arguments.services or None)

    return bring_up(session, ask, arguments.services, again=lambda: session.call("status"))
