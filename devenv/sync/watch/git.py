"""Git at work in a source: what it does to the files of a checkout is one batch."""

from __future__ import annotations

import os
from contextlib import suppress


def is_held(lock: str, until: float | None, now: float) -> bool:
    """Tell whether git is at work; ``until``: when it is no longer waited for (monotonic)."""
    return bool(lock) and until is not None and now < until and os.path.exists(lock)


def git_lock(root: str) -> str:
    """Where git keeps its lock while it changes the files of a checkout; "": in none."""
    folder = os.path.abspath(root)
    while folder != os.path.dirname(folder):
        git = os.path.join(folder, ".git")
        if os.path.isdir(git):
            return os.path.join(git, "index.lock")
        if os.path.isfile(git):  # a worktree
            with suppress(OSError), open(git) as file:
                return os.path.join(
                    folder, file.read().removeprefix("gitdir:").strip(), "index.lock"
                )
        folder = os.path.dirname(folder)
    return ""
