"""``devenv ports``: which service listens where."""

from __future__ import annotations

from devenv.cli.layout import columns
from devenv.cli.result import Result
from devenv.cli.services import chosen

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session


def run(arguments: Arguments, session: Session) -> Result:
    services = chosen(session.call("status"), arguments.services)
    ports = [{"service": one["name"], **port} for one in services for port in one["ports"]]
    rows = [(one["service"], one["name"], str(one["port"]), one["url"]) for one in ports]
    if not rows:
        return Result({"ports": []}, "", notes=("No service has a port.",))
    return Result({"ports": ports}, "\n".join(columns([("SERVICE", "NAME", "PORT", "URL"), *rows])))
