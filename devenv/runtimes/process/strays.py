"""Ends what a dead keeper has left: its processes carry a mark that none of them can shed."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Collection
from contextlib import suppress

from devenv.keeper import mark, tree
from devenv.model.environment import EnvironmentId
from devenv.runtimes.process.subreaper import bury

AGAIN = 0.005
"""Seconds until what was killed is looked for again."""
PATIENCE = 5.0
"""Seconds after which what cannot be killed is let be: it is another user's, or stuck."""


def dead_keepers(runtime_folder: str, living: Collection[EnvironmentId]) -> set[int]:
    """Find the marks of the keepers of this folder that have ended and left something."""
    ours = mark.keeper_mark(runtime_folder, "")
    worn = [one for one in map(mark.worn_by, _pids()) if mark.same_folder(one, ours)]
    alive = {mark.keeper_mark(runtime_folder, one) for one in living}
    return {mark.keeper_of(one) for one in worn} - {ours} - alive


async def end_strays(dead: Collection[int]) -> int:
    """Kill every process of a unit of those keepers; reap those that are our children.

    Returns how many there were. What they fork meanwhile is found by looking again.
    """
    ended: set[int] = set()
    deadline = time.monotonic() + PATIENCE
    while strays := await asyncio.to_thread(_strays, dead):
        for pid in strays:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            bury(pid)
        ended |= strays
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(AGAIN)
    return len(ended)


def _strays(dead: Collection[int]) -> set[int]:
    worn = {pid: mark.worn_by(pid) for pid in _pids()} if dead else {}
    of_dead = {pid for pid, one in worn.items() if mark.keeper_of(one) in dead}
    return {pid for pid in of_dead if not mark.is_holder(worn[pid]) and not _is_done(pid)}


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def _is_done(pid: int) -> bool:
    """Whether it is a zombie that somebody else has to reap, or gone."""
    process = tree.read(pid)
    return process is None or (process.zombie and process.parent != os.getpid())
