"""``devenv stop``: stop services, and leave them stopped until somebody starts them."""

from __future__ import annotations

from devenv.api.wording import listed
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

    wait = Wait(ask, done, session.target(), timeout=arguments.timeout)
    document = follow(session, wait, names)
    services = chosen(document, names)
    return Result(
        {**public(document), "services": services},
        lambda style: status_table(services, style),
        notes=_goes_on(session, document, names) if names else (),
    )


def _goes_on(session: Session, document: dict[str, Any], names: list[str]) -> tuple[str, ...]:
    """Say who was left running though it depends on what was stopped."""
    runs = {one["name"] for one in document["services"] if one["pid"]} - set(names)
    links = session.call("graph")["services"].items()
    left = [one for one, on in links if one in runs and {link["service"] for link in on} & {*names}]
    if not left:
        return ()
    return (f"{listed(left)} {'runs' if len(left) == 1 else 'run'} on, without {listed(names)}.",)
