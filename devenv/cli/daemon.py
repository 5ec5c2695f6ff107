"""``devenv daemon start|stop|status``: the daemon itself. Services never depend on it."""

from __future__ import annotations

import time

from devenv.api.wording import duration
from devenv.cli.result import Result

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session


def run(arguments: Arguments, session: Session) -> Result:
    from devenv.api.client import Client

    start = arguments.action == "start"
    with Client(session.environ, start=start) as client:
        status = running(client)
        if arguments.action == "stop" and status is not None:
            client.stop_daemon()
            return Result({"daemon": None}, "The daemon has stopped. Services stay up.")
    if status is None:
        return Result({"daemon": None}, "No daemon is running.")
    age = duration(time.time() - status["started_at"])
    return Result(
        {"daemon": status}, f"daemon {status['pid']}, build {status['build']}, running for {age}"
    )


def running(client: Any) -> dict[str, Any] | None:
    """What `daemon.status` says; None where no daemon listens and none may be started."""
    from devenv.api.connection import NoDaemonError

    try:
        status: dict[str, Any] = client.call("daemon.status")
    except NoDaemonError:
        return None
    return status
