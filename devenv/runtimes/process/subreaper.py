"""Makes the daemon the parent of what a dead keeper leaves, and buries it."""

from __future__ import annotations

import os

from devenv.keeper import mark, system


def become_subreaper(runtime_folder: str) -> None:
    """Become the parent of every descendant whose own parent has ended (prctl(2)).

    A daemon that was started by a service of ours is not taken for a part of that service.
    """
    system.become_subreaper()
    mark.wear(mark.keeper_mark(runtime_folder, ""))


def bury(pid: int) -> None:
    """Reap a process that has ended, if it is a child of ours."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
