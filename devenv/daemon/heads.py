"""Whether a checkout has its preview's branch: the files of no other go there."""

from __future__ import annotations

import os
import time

from devenv.profile.checkout import branch_of, git_folder
from devenv.sync.session import Hold

SETTLES = 0.1
"""Seconds from git's last write of its index: a switch changes HEAD only after the files."""
AGAIN = 1.0


def hold(root: str, branch: str) -> Hold | None:
    """Why the files below ``root`` are not those of ``branch`` now; None: they are."""
    git = git_folder(root)
    found = branch_of(git)
    if found != branch:
        return Hold(f"{found or 'no branch'} is checked out in {root}, not {branch}", AGAIN)
    try:
        age = time.time() - os.stat(os.path.join(git, "index")).st_mtime
    except OSError:
        return None
    return Hold("git is at work", SETTLES - age) if 0 <= age < SETTLES else None
