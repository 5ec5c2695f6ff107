"""Whether much is being deleted just now: what comes of it is looked at when that is over. Pure."""

from __future__ import annotations

from devenv.sync.diff import changes
from devenv.sync.tree import Folder, count_files

FEW = 10
"""Files whose deletion is carried over at once."""
PAUSE = 0.1
"""Seconds in which no more are deleted, when it is over."""


def lost(before: Folder | None, now: Folder | None) -> int:
    """Count the files that are not there any more. A tree that is gone as a whole counts none."""
    if before is None or now is None:
        return 0
    gone = (change.old for change in changes(before, now) if change.new is None)
    return sum(map(count_files, gone))
