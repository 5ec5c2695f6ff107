"""``devenv why SERVICE``: the chain of causes that made it what it is."""

from __future__ import annotations

from devenv.cli.result import Result

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session


def run(arguments: Arguments, session: Session) -> Result:
    lines = session.call("why", service=arguments.service)["lines"]
    return Result({"service": arguments.service, "lines": lines}, "\n".join(lines))
