"""Ends what a dead keeper has left: its processes carry a mark that none of them can shed."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

from devenv.keeper import system, tree
from devenv.model.environment import EnvironmentId
from devenv.runtimes.process.subreaper import bury

AGAIN = 0.01
"""Seconds until what was killed is looked for again."""


async def end_strays(environment: EnvironmentId, living_keepers: frozenset[int]) -> int:
    """Kill every process with the mark of ``environment`` that no living keeper holds.

    Returns how many there were; what they fork meanwhile is found by looking again.
    """
    ended: set[int] = set()
    while strays := _strays(environment, living_keepers):
        for pid in strays:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(AGAIN)
        for pid in strays:
            bury(pid)
        if strays <= ended:
            break  # it cannot be killed: another user's, or stuck in the kernel
        ended |= strays
    return len(ended)


def _strays(environment: EnvironmentId, living_keepers: frozenset[int]) -> set[int]:
    processes = tree.read_all()
    by_parent = tree.children(processes)
    held = {p.pid for keeper in living_keepers for p in tree.below(keeper, by_parent)}
    held |= {os.getpid(), *living_keepers}
    number = system.environment_number(environment)
    first, last = system.mark(number, 0), system.mark(number, system.UNITS - 1)
    return {
        process.pid
        for process in processes.values()
        if not process.zombie
        and process.pid not in held
        and first <= system.worn_by(process.pid) <= last
    }
