"""``post_start`` and ``pre_stop``: commands in a container that runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from devenv.errors import DevenvError
from devenv.runtimes.docker.executing import execute
from devenv.runtimes.docker.place import Place
from devenv.runtimes.docker.rows import Row
from devenv.runtimes.protocol import Command, Report

Hook = Mapping[str, Any]
LEAST = 1.0
"""Seconds that a container has to end after its signal, though its hooks took all of its grace."""


async def run_after_start(place: Place, row: Row, hooks: Iterable[Hook]) -> None:
    """Run the hooks of a service in their order. Raises DevenvError for one that fails."""
    for hook in hooks:
        await _run(place, row, hook, "post_start")


async def run_before_stop(
    place: Place, row: Row, hooks: Iterable[Hook], grace: float, report: Report
) -> float:
    """Run them all in their order, within ``grace`` seconds; return what is left of these.

    One that fails is told, and keeps neither the next nor the stop from happening.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + grace
    try:
        async with asyncio.timeout_at(end):
            for hook in hooks:
                await _tried(place, row, hook, report)
    except TimeoutError:
        report(f"pre_stop of {row.replica.service} did not end within {grace:g} s")
    return max(end - loop.time(), min(grace, LEAST))


async def _tried(place: Place, row: Row, hook: Hook, report: Report) -> None:
    try:
        await _run(place, row, hook, "pre_stop")
    except DevenvError as error:
        report(f"{error.message}: {error.hint}" if error.hint else error.message)


async def _run(place: Place, row: Row, hook: Hook, which: str) -> None:
    outcome = await execute(place, row, _command(hook))
    if outcome.code:
        raise DevenvError(
            f"{which} of {row.replica.service} ended with exit code {outcome.code}",
            outcome.output,
        )


def _command(hook: Hook) -> Command:
    variables = hook.get("environment") or {}
    return Command(
        tuple(hook["command"]),
        user=str(hook.get("user") or ""),
        privileged=bool(hook.get("privileged")),
        directory=str(hook.get("working_dir") or ""),
        environment={name: value for name, value in variables.items() if value is not None},
    )
