"""``devenv wait``: return when services are ready, done or stopped; change nothing."""

from __future__ import annotations

from devenv.cli.progress import Wait, follow
from devenv.cli.result import Result
from devenv.cli.services import ENDED, WELL, chosen, public, status_table

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session

    Document = dict[str, Any]

_WANTED = {"ready": WELL, "done": frozenset({"done", "skipped"}), "stopped": ENDED}


def run(arguments: Arguments, session: Session) -> Result:
    wanted = _WANTED[vars(arguments)["for"] or "ready"]
    names = arguments.services

    def reached(document: Document) -> bool:
        return all(one["state"] in wanted for one in chosen(document, names))

    def done(document: Document) -> bool:
        return reached(document) or (document["settled"] and not _may_change(document, arguments))

    def ask() -> Document:
        return session.call("status")

    wait = Wait(ask, done, session.target(), timeout=arguments.timeout)
    document = follow(session, wait, names)
    services = chosen(document, names)
    return Result(
        {**public(document), "services": services},
        lambda style: status_table(services, style),
        code=0 if reached(document) else 1,
    )


def _may_change(document: Document, arguments: Arguments) -> bool:
    """What is settled changes no more by itself, but somebody may stop what runs."""
    services = chosen(document, arguments.services)
    failed = any(one["state"] == "failed" for one in services)
    return not failed and vars(arguments)["for"] in {"done", "stopped"}
