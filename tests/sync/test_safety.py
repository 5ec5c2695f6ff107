from __future__ import annotations

import pytest

from devenv.sync.safety import halt
from devenv.sync.tree import EMPTY, File, Folder


def tree(count: int, inode: int = 1) -> Folder:
    return Folder(0o755, inode, {f"f{n}": File(1, 1, n, 0o644) for n in range(count)})


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (tree(3), None, "the source is gone"),
        (EMPTY, None, "the source is not there yet"),
        (tree(3), EMPTY, "the source folder was emptied (3 files)"),
        (tree(3), tree(0), "the source folder was emptied (3 files)"),
        (tree(300), tree(100), "200 of 300 files were deleted at once"),
        (
            tree(3, inode=1),
            tree(2, inode=2),
            "another folder took the place of the source, and 1 files are not in it",
        ),
    ],
)
def test_what_looks_like_an_accident_is_halted(
    before: Folder, after: Folder | None, why: str
) -> None:
    assert halt(before, after) == why


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (EMPTY, tree(3)),
        (EMPTY, EMPTY),
        (tree(1), tree(0)),
        (tree(3), tree(1)),
        (tree(100), tree(10)),
        (tree(300), tree(200)),
        (tree(3, inode=1), tree(3, inode=2)),
    ],
)
def test_everyday_deletions_go_through(before: Folder, after: Folder) -> None:
    assert halt(before, after) == ""
