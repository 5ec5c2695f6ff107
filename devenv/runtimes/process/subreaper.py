"""Makes the daemon the parent of what a dead keeper leaves, and buries it."""

from __future__ import annotations

import os

from devenv.keeper import system, tree


def become_subreaper() -> None:
    """Become the parent of every descendant whose own parent has ended (prctl(2))."""
    system.become_subreaper()


def bury(pid: int) -> None:
    """Reap a child that has ended, if it is ours."""
    process = tree.read(pid)
    if process is not None and process.parent == os.getpid():
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            return
