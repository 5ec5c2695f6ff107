"""``devenv scale web=3``: set how many replicas of a service there are."""

from __future__ import annotations

from devenv.cli.outcome import bring_up
from devenv.cli.result import Result
from devenv.errors import UsageError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session


def run(arguments: Arguments, session: Session) -> Result:
    replicas = _read(arguments.replicas)

    def ask() -> dict[str, Any]:
        return session.call("scale", client=session.caller(), replicas=replicas)

    return bring_up(session, ask, [name for name in replicas if replicas[name]])


def _read(words: Sequence[str]) -> dict[str, int]:
    replicas = {}
    for word in words:
        name, _, count = word.partition("=")
        if not name or not (count.isascii() and count.isdigit()):
            raise UsageError(f"{word!r} is no number of replicas", "Write it as web=3.")
        replicas[name] = int(count)
    if not replicas:
        raise UsageError("which service, and how many?", "For example: devenv scale web=3")
    return replicas
