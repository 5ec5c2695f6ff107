"""``devenv exec SERVICE CMD…``: a command in this terminal, run as the service is run."""

from __future__ import annotations

import os

from devenv.cli.result import Become
from devenv.errors import DevenvError, UsageError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session


def run(arguments: Arguments, session: Session) -> Become:
    if not arguments.command:
        raise UsageError("which command?", f"For example: devenv exec {arguments.service} -- env")
    return as_service(session, arguments.service, arguments.command, arguments.index)


def as_service(
    session: Session, service: str, command: list[str], index: int | None = None
) -> Become:
    """The command as the service itself would run it: the profile's values over the user's own.

    In a container it is run by the engine's own command line.
    """
    answer = session.call("environment", service=service, index=index)
    if answer["container"]:
        tty = ("--tty",) if os.isatty(0) and os.isatty(1) else ()
        inside = ("docker", "exec", "--interactive", *tty, answer["container"], *command)
        return Become(inside, session.directory, dict(session.environ))
    if not answer["directory"]:
        raise DevenvError(f"{service} does not run", f"bring it up first: devenv start {service}")
    environment = {**session.environ, **answer["environment"]}
    return Become(tuple(command), answer["directory"], environment)
