"""Reading status documents: which services, how far, and how a table says it."""

from __future__ import annotations

import time

from devenv.api.wording import duration, size
from devenv.cli.layout import table
from devenv.errors import require_services

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from devenv.cli.layout import Style

    Document = dict[str, Any]

WELL = frozenset({"ready", "done", "scheduled", "skipped"})
"""States in which a service needs nothing more to be as it should."""

ENDED = frozenset({"stopped", "done", "failed", "skipped"})

_HEADS = ("SERVICE", "STATE", "HEALTH", "RESTARTS", "UPTIME", "CPU", "MEMORY", "PORTS", "REASON")


def chosen(document: Document, names: Sequence[str]) -> list[Document]:
    """The services of these names, all where there are none; UsageError for an unknown one."""
    services: list[Document] = document["services"]
    if not names:
        return services
    known = {service["name"]: service for service in services}
    require_services(names, known)
    return [known[name] for name in names]


def with_awaited(document: Document, names: Sequence[str]) -> set[str]:
    """The names of these services, of all where there are none, and of all that they wait for."""
    waits_for = {service["name"]: service["waits_for"] for service in document["services"]}
    found: set[str] = set()
    waiting = list(names or waits_for)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += waits_for.get(name, ())
    return found


def public(document: Document) -> Document:
    """The document as --json prints it."""
    hidden = ("version", "revision", "settled", "empty", "leaving", "requests")
    return {key: value for key, value in document.items() if key not in hidden}


def addresses(service: Document) -> str:
    """URLs where there are, else the port numbers."""
    return " ".join(port["url"] or str(port["port"]) for port in service["ports"])


def all_moved(services: Sequence[Document]) -> list[Document]:
    """What others have already of that which is written for these services."""
    return [{"service": one["name"], **other} for one in services for other in one["moved"]]


def moved_text(moved: Document) -> str:
    what, given = f"{moved['what']} {moved['written']}", moved["given"]
    return f"{moved['service']}: {what} is {given} here: {moved['reason']}"


def status_table(services: Sequence[Document], style: Style) -> str:
    """The table that `devenv status` prints."""
    now = time.time()
    rows = [_row(service, now) for service in services]
    padded = table(_HEADS, rows)
    lines = [style.paint("  ".join(padded[0]).rstrip(), "grey")]
    at = padded[0].index(next(head for head in padded[0] if head.startswith("STATE")))
    for cells, service in zip(padded[1:], services, strict=True):
        coloured = [
            style.state(cell, service["state"]) if number == at else cell
            for number, cell in enumerate(cells)
        ]
        lines.append("  ".join(coloured).rstrip())
    return "\n".join(lines)


def _row(service: Document, now: float) -> tuple[str, ...]:
    started = service["started_at"]
    runs = service["pid"] is not None and started is not None
    cpu, memory = service["cpu_percent"], service["memory_bytes"]
    name = service["name"]
    count = len(service["replicas"])
    return (
        f"{name} ×{count}" if count > 1 else name,
        service["state"],
        service["health"] if service["health"] != "none" else "",
        str(service["restarts"] or ""),
        duration(now - started) if runs else "",
        f"{cpu:.0f} %" if cpu is not None else "",
        size(memory) if memory is not None else "",
        addresses(service),
        service["reason"],
    )
