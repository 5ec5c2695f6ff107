"""``devenv status``: the services as they are, in one round trip."""

from __future__ import annotations

import time

from devenv.cli.layout import Style
from devenv.cli.render import problem_text
from devenv.cli.result import Result
from devenv.cli.services import chosen, public, status_table

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session


def run(arguments: Arguments, session: Session) -> Result:
    document = session.call("status")
    services = chosen(document, arguments.services)
    if arguments.json or arguments.stats:
        samples = session.call("samples")["samples"]
        services = [_with_samples(one, samples.get(one["name"], ())) for one in services]
    return shown(document, services)


def shown(document: dict[str, Any], services: list[dict[str, Any]]) -> Result:
    """A status document, with these services of it."""

    def text(style: Style) -> str:
        environment = document["environment"]
        if services:
            return status_table(services, style)
        return "" if document["problems"] else f"{environment['name']} has no services."

    return Result({**public(document), "services": services}, text, notes=_notes(document))


def _notes(document: dict[str, Any]) -> tuple[str, ...]:
    """What is worth knowing beside the services themselves."""
    notes = [document["notice"]] if document["notice"] else []
    notes += [problem_text(Style(), problem) for problem in document["problems"]]
    services = document["services"]
    if services and all(one["state"] == "stopped" for one in services):
        notes.append("Nothing runs. `devenv up` brings it up.")
    elif document["changes"]:
        notes.append("The profile has changed since. `devenv up` would apply:")
        notes += [f"  {change}" for change in document["changes"]]
    return tuple(notes)


def _with_samples(service: dict[str, Any], samples: Any) -> dict[str, Any]:
    """Memory now, and processor time over the time since the start, as ps(1) counts it."""
    if not samples:
        return service
    seconds = sum(sample["cpu_seconds"] for sample in samples)
    lived = time.time() - (service["started_at"] or time.time())
    return {
        **service,
        "cpu_percent": round(100 * seconds / lived, 1) if lived > 0 else None,
        "memory_bytes": sum(sample["memory_bytes"] for sample in samples),
    }
