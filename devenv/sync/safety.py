"""When not to delete: what looks like an accident is left for the user to decide. Pure."""

from __future__ import annotations

from devenv.sync.tree import Folder, count_files, walk

MANY = 100
"""Files whose deletion at once is never taken for an accident when fewer."""


def halt(agreed: Folder, source: Folder | None) -> str:
    """Say why what the source has become must not be carried over; "": it may be."""
    before = count_files(agreed)
    if source is None:
        return "the source is gone" if before else "the source is not there yet"
    if not before:
        return ""
    after = count_files(source)
    if not after and before > 1:
        return f"the source folder was emptied ({before} files)"
    if after >= before - MANY and agreed.inode == source.inode:
        return ""
    lost = _lost(agreed, source)
    if lost and agreed.inode and source.inode and agreed.inode != source.inode:
        return f"another folder took the place of the source, and {lost} files are not in it"
    if lost > MANY and lost * 2 > before:
        return f"{lost} of {before} files were deleted at once"
    return ""


def _lost(agreed: Folder, source: Folder) -> int:
    kept = {path for path, _ in walk(source)}
    return sum(
        1 for path, entry in walk(agreed) if path not in kept and not isinstance(entry, Folder)
    )
