"""``devenv pause`` and ``devenv resume``: let services stand still where they are, and go on."""

from __future__ import annotations

from devenv.cli.progress import Wait, follow
from devenv.cli.result import Result
from devenv.cli.services import chosen, public, status_table

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session

PAUSED, ON_ITS_WAY = "paused", "starting"


def run(arguments: Arguments, session: Session, *, paused: bool = True) -> Result:
    names = arguments.services
    verb = "pause" if paused else "resume"

    def ask() -> dict[str, Any]:
        return session.call(verb, services=names or None)

    def done(document: dict[str, Any]) -> bool:
        states = {one["state"] for one in chosen(document, names) if one["pid"]}
        return states <= {PAUSED} if paused else states.isdisjoint({PAUSED, ON_ITS_WAY})

    document = follow(session, Wait(ask, done, session.target(), timeout=arguments.timeout))
    services = chosen(document, names)
    return Result(
        {**public(document), "services": services}, lambda style: status_table(services, style)
    )
