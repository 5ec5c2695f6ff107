"""``devenv ports``: which service listens where."""

from __future__ import annotations

from devenv.cli.layout import columns
from devenv.cli.result import Result
from devenv.cli.services import all_moved, chosen, moved_text

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session


def run(arguments: Arguments, session: Session) -> Result:
    services = chosen(session.call("status"), arguments.services)
    ports = [{"service": one["name"], **port} for one in services for port in one["ports"]]
    moved = all_moved(services)
    document = {"ports": ports, "moved": moved}
    notes = tuple(map(moved_text, moved))
    rows = [(one["service"], one["name"], str(one["port"]), one["url"]) for one in ports]
    if not rows:
        return Result(document, "", notes=("No service has a port.", *notes))
    text = "\n".join(columns([("SERVICE", "NAME", "PORT", "URL"), *rows]))
    return Result(document, text, notes=notes)
