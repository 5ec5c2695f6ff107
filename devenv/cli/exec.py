"""``devenv exec SERVICE CMD…``: a command in this terminal, run as the service is run."""

from __future__ import annotations

import socket

from devenv.cli import terminal
from devenv.cli.result import Become, Result
from devenv.errors import DevenvError, UsageError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.result import Output
    from devenv.cli.session import Session


PATIENCE = 3600.0
"""Seconds that it may take until it runs: its image may have to be pulled."""


def run(arguments: Arguments, session: Session) -> Become | Output:
    if not arguments.command:
        raise UsageError("which command?", f"For example: devenv exec {arguments.service} -- env")
    return as_service(session, arguments.service, arguments.command, arguments.index)


def as_service(
    session: Session, service: str, command: list[str], index: int | None = None
) -> Become | Output:
    """The command as the service itself would run it: the profile's values over the user's own."""
    answer = session.call("environment", service=service, index=index)
    if answer["container"]:
        return in_terminal(
            session, "exec", {"service": service, "index": index, "command": command}
        )
    if not answer["directory"]:
        place = f" -e {chosen}" if (chosen := session.arguments.environment) else ""
        hint = f"bring it up first: devenv{place} start {service}"
        raise DevenvError(f"{service} does not run", hint)
    environment = {**session.environ, **answer["environment"]}
    return Become(tuple(command), answer["directory"], environment)


def in_terminal(session: Session, method: str, params: dict[str, Any]) -> Output:
    """Ask for a command elsewhere, which has a terminal where we have one.

    All that it writes is shown as it comes, and nothing else.
    """
    tty = terminal.is_one()
    columns, rows = terminal.size()
    asked = {**params, "tty": tty, "columns": columns, "rows": rows}
    ended = joined(session, method, asked, raw=tty)
    yield b""
    return ended.code


def joined(session: Session, method: str, params: dict[str, Any], *, raw: bool = False) -> Result:
    """Ask for something that runs elsewhere, and be joined to it; its status is ours."""
    asked = {"target": session.target(), **params}
    _, descriptors = session.client.call_for_descriptors(method, asked, within=PATIENCE)
    if len(descriptors) != 1:
        raise DevenvError("the daemon gave no connection")
    with socket.socket(fileno=descriptors[0]) as sock:
        status = terminal.Terminal(sock, raw=raw).pump() or 0
    return Result({"exit_code": status}, code=status)
