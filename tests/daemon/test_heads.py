"""The files of a preview are those of its branch, not of what is just being switched to."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from devenv.daemon.heads import AGAIN, SETTLES, hold


def checkout(root: Path) -> Path:
    """A checkout of main whose index nobody has written lately."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
    index = root / ".git" / "index"
    index.write_bytes(b"")
    os.utime(index, (1, 1))
    return index


def test_the_branch_itself_is_not_held(tmp_path: Path) -> None:
    checkout(tmp_path)
    (tmp_path / "below").mkdir()
    assert hold(str(tmp_path / "below"), "main") is None


def test_another_branch_a_commit_and_a_folder_without_git_are_held(tmp_path: Path) -> None:
    checkout(tmp_path / "shop")
    held = hold(str(tmp_path / "shop"), "feature")
    assert held is not None
    assert (held.reason, held.again) == (
        f"main is checked out in {tmp_path}/shop, not feature",
        AGAIN,
    )
    (tmp_path / "shop" / ".git" / "HEAD").write_text("0123456789abcdef\n")
    (tmp_path / "plain").mkdir()
    for folder in ("shop", "plain"):
        held = hold(str(tmp_path / folder), "main")
        assert held is not None
        assert held.reason.startswith("no branch is checked out in ")


def test_what_git_has_just_written_may_be_of_the_branch_that_comes_next(tmp_path: Path) -> None:
    index = checkout(tmp_path)
    os.utime(index)
    held = hold(str(tmp_path), "main")
    assert held is not None
    assert held.reason == "git is at work"
    assert 0 < held.again <= SETTLES
