"""``post_start`` and ``pre_stop``: commands in a container that runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devenv.errors import DevenvError
from devenv.runtimes.docker.executing import execute
from devenv.runtimes.docker.place import Place
from devenv.runtimes.docker.rows import Row


async def run_hooks(place: Place, row: Row, definition: Mapping[str, Any], which: str) -> None:
    """Run the hooks of a service in their order. Raises DevenvError for one that fails."""
    for hook in definition.get(which) or ():
        outcome = await execute(place, row, tuple(hook["command"]), **_options(hook))
        if outcome.code:
            raise DevenvError(
                f"{which} of {row.replica.service} ended with exit code {outcome.code}",
                outcome.output,
            )


def _options(hook: Mapping[str, Any]) -> dict[str, object]:
    variables = hook.get("environment") or {}
    options = {
        "User": hook.get("user"),
        "Privileged": hook.get("privileged"),
        "WorkingDir": hook.get("working_dir"),
        "Env": [f"{name}={value}" for name, value in variables.items() if value is not None],
    }
    return {name: value for name, value in options.items() if value}
