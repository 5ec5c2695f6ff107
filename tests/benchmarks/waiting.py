"""Waiting with a limit: for a condition, and for the end of a process."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Callable
from threading import Event

LOOK_EVERY = 0.002


class LateError(Exception):
    """Something did not happen in time; the text says what."""


def eventually(condition: Callable[[], object], what: str, *, within: float) -> None:
    """Return once the condition holds; LateError after ``within`` seconds."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise LateError(f"{what}: not within {within:g} s")
        pause(LOOK_EVERY)


def pause(seconds: float) -> None:
    """Let time pass that belongs to the workload itself."""
    Event().wait(seconds)


def exit_code(process: subprocess.Popen[bytes], *, within: float) -> int:
    """Wait for the end of a child; LateError after ``within`` seconds, and it is killed.

    ``Popen.wait`` with a limit looks again after 0.5, 1, 2, 4 … ms, and so rounds all times up.
    """
    if not ended(process.pid, within=within):
        process.kill()
        raise LateError(f"{process.args!r} did not end within {within:g} s")
    return process.wait()


def ended(pid: int, *, within: float) -> bool:
    """Wait for the end of a process that need not be our child; say whether it came."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], within)[0])
    finally:
        os.close(handle)
