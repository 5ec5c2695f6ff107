"""Ends what a dead keeper has left: its processes carry a mark that none of them can shed."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import suppress

from devenv.keeper import mark, tree
from devenv.runtimes.process.subreaper import bury

AGAIN = 0.005
"""Seconds until what was killed is looked for again."""
PATIENCE = 5.0
"""Seconds after which what cannot be killed is let be: it is another user's, or stuck."""


async def end_strays(runtime_folder: str) -> int:
    """Kill every process of a unit whose keeper has ended, and reap those that are our children.

    Returns how many there were. What they fork meanwhile is found by looking again.
    """
    ours = mark.keeper_mark(runtime_folder, "")
    ended: set[int] = set()
    deadline = time.monotonic() + PATIENCE
    while strays := await asyncio.to_thread(_strays, ours):
        for pid in strays:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            bury(pid)
        ended |= strays
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(AGAIN)
    return len(ended)


def _strays(ours: int) -> set[int]:
    """Find those who wear a unit's mark of our folder while nobody alive wears its keeper's."""
    worn = {pid: found for pid in _pids() if mark.same_folder(found := mark.worn_by(pid), ours)}
    keepers = {one for pid, one in worn.items() if mark.keeper_of(one) == one and _lives(pid)}
    return {
        pid
        for pid, one in worn.items()
        if mark.keeper_of(one) != one and mark.keeper_of(one) not in keepers and not _is_done(pid)
    }


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def _lives(pid: int) -> bool:
    process = tree.read(pid)
    return process is not None and not process.zombie


def _is_done(pid: int) -> bool:
    """Whether it is a zombie that somebody else has to reap, or gone."""
    process = tree.read(pid)
    return process is None or (process.zombie and process.parent != os.getpid())
