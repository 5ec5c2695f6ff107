"""How a wait for services ended: the table, or what failed with its reason and last lines."""

from __future__ import annotations

from devenv.cli.progress import Wait, follow
from devenv.cli.result import Result
from devenv.cli.services import WELL, chosen, public, status_table
from devenv.errors import DevenvError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from devenv.cli.layout import Style
    from devenv.cli.progress import Ask
    from devenv.cli.session import Session

    Document = dict[str, Any]


def bring_up(
    session: Session, ask: Ask, names: Sequence[str], *, again: Ask | None = None
) -> Result:
    """Ask, wait until the services are ready or cannot become so, and show them.

    ``again``: what to ask instead when the daemon was killed after it had answered.
    """

    asked = set(names)

    def ask_for() -> Document:
        document = ask()
        asked.update(one["name"] for one in document["services"] if one["state"] != "stopped")
        return document

    def done(document: Document) -> bool:
        if document["settled"]:
            return True
        return bool(names) and all(one["state"] in WELL for one in chosen(document, names))

    timeout = session.arguments.timeout
    wait = Wait(ask_for, done, session.target(), timeout=timeout, again=again)
    document = follow(session, wait, names)
    services = chosen(document, names)
    failed = [one for one in services if not _is_well(one, asked=one["name"] in asked)]

    def text(style: Style) -> str:
        return status_table(services, style) if services else ""

    place = document["environment"]
    notes = tuple(
        note for service in _causes(document, failed) for note in failure_lines(service, place)
    )
    if not services:
        notes = ("The profile has no services.",)
    return Result(
        {**public(document), "services": services}, text, code=1 if failed else 0, notes=notes
    )


def bring_up_needs(session: Session, name: str) -> Document:
    """Bring up what a service depends on; DevenvError where that fails."""

    def ask() -> Document:
        return session.call("need", client=session.caller(), service=name)

    def done(document: Document) -> bool:
        return bool(document["settled"])

    wait = Wait(ask, done, session.target(), timeout=session.arguments.timeout)
    document = follow(session, wait)
    failed = [one for one in document["services"] if one["state"] == "failed"]
    if failed:
        lines = [line for one in failed for line in failure_lines(one, document["environment"])]
        raise DevenvError("\n".join(lines), "")
    return document


def _is_well(service: Document, *, asked: bool) -> bool:
    """Whether it is as it should be. One that nobody asked for may well be stopped."""
    return service["state"] in WELL or (service["state"] == "stopped" and not asked)


def _causes(document: Document, failed: list[Document]) -> list[Document]:
    """The failed ones, and those that they wait for, each once."""
    by_name = {service["name"]: service for service in document["services"]}
    found: dict[str, Document] = {}
    waiting = list(failed)
    while waiting:
        service = waiting.pop(0)
        if service["name"] in found:
            continue
        found[service["name"]] = service
        held_by = (by_name.get(name) for name in service["waits_for"])
        waiting += [one for one in held_by if one is not None and one["state"] not in WELL]
    return list(found.values())


def failure_lines(service: Document, environment: Document) -> list[str]:
    """What became of a service that is not as it should be: its reason and its last lines."""
    name, state = service["name"], service["state"]
    ended = f"exit code {service['exit_code']}"
    stopped = "somebody has stopped it meanwhile"
    reason = service["reason"] or (stopped if state == "stopped" else ended)
    lines = [f"{name}: {state}: {reason}"]
    tail = service.get("log_tail") or []
    lines += [f"    {line}" for line in tail]
    if tail:
        place = f" -e {environment['name']}" if environment["kind"] == "preview" else ""
        lines.append(f"    (`devenv{place} logs {name}` shows all of it)")
    return lines
