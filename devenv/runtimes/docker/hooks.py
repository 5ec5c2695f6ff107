"""``post_start`` and ``pre_stop``: commands in a container that runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devenv.errors import DevenvError
from devenv.runtimes.docker.executing import execute
from devenv.runtimes.docker.place import Place
from devenv.runtimes.docker.rows import Row
from devenv.runtimes.protocol import Command


async def run_hooks(place: Place, row: Row, definition: Mapping[str, Any], which: str) -> None:
    """Run the hooks of a service in their order. Raises DevenvError for one that fails."""
    for hook in definition.get(which) or ():
        outcome = await execute(place, row, _command(hook))
        if outcome.code:
            raise DevenvError(
                f"{which} of {row.replica.service} ended with exit code {outcome.code}",
                outcome.output,
            )


def _command(hook: Mapping[str, Any]) -> Command:
    variables = hook.get("environment") or {}
    return Command(
        tuple(hook["command"]),
        user=str(hook.get("user") or ""),
        privileged=bool(hook.get("privileged")),
        directory=str(hook.get("working_dir") or ""),
        environment={name: value for name, value in variables.items() if value is not None},
    )
