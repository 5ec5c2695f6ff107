"""``devenv stop``: stop services, and leave them stopped until somebody starts them."""

from __future__ import annotations

from devenv.cli.progress import Wait, follow
from devenv.cli.result import Result
from devenv.cli.services import ENDED, chosen, public, status_table

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session


def run(arguments: Arguments, session: Session) -> Result:
    names = arguments.services

    def ask() -> dict[str, Any]:
        return session.call("stop", client=session.caller(), services=names or None)

    def done(document: dict[str, Any]) -> bool:
        return all(one["state"] in ENDED and not one["pid"] for one in chosen(document, names))

    document = follow(session, Wait(ask, done, session.target(), timeout=arguments.timeout))
    services = chosen(document, names)
    return Result(
        {**public(document), "services": services}, lambda style: status_table(services, style)
    )
