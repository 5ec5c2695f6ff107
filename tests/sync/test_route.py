"""A source is followed wherever its path leads, through folders and links that are replaced."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from devenv.sync.watch.inotify import MASK, Inotify
from tests.sync.watches import caught_up, paths, watching


def _replaced(folder: Path) -> None:
    """Move a folder away, and put a copy in its place."""
    folder.rename(folder.with_name("away"))
    shutil.copytree(folder.with_name("away"), folder)


def _switched(link: Path, to: str) -> None:
    link.unlink()
    link.symlink_to(to)


def _switched_at_once(link: Path, to: str) -> None:
    link.with_name("next").symlink_to(to)
    link.with_name("next").replace(link)


@pytest.mark.parametrize(
    ("path", "work"),
    [
        ("a/b/src", lambda base: _replaced(base / "a" / "b")),
        ("a/b/src", lambda base: _replaced(base / "a")),
        ("cur/src", lambda base: _switched(base / "cur", "c")),
        ("last", lambda base: _switched_at_once(base / "last", "c/src")),
        ("hop/src", lambda base: _switched_at_once(base / "cur", "c")),
        ("hop/src", lambda base: _replaced(base / "a" / "b")),
        ("last", lambda base: _replaced(base / "a")),
    ],
    ids=[
        "its parent is replaced",
        "a folder far above is",
        "a link on the way is switched",
        "it is a link that is switched",
        "a link that a link leads to is switched",
        "a folder behind two links is replaced",
        "a folder behind a link to it is",
    ],
)
def test_a_source_is_watched_wherever_its_path_leads(
    tmp_path: Path, path: str, work: Callable[[Path], None]
) -> None:
    for folder in ("a/b/src", "c/src"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "f").write_text("x")
    (tmp_path / "cur").symlink_to("a/b")
    (tmp_path / "hop").symlink_to(tmp_path / "cur")
    (tmp_path / "last").symlink_to("c/../a/b/src")

    async def main() -> str:
        async with watching(tmp_path / path, cookies=f"{tmp_path}/cookies") as source:
            work(tmp_path)
            await caught_up(source)
            (tmp_path / path / "saved later").write_text("x")
            await caught_up(source)
            assert paths(source) == {"f", "saved later"}
            return source.place.root

    assert asyncio.run(main()) == os.path.realpath(tmp_path / path)


def test_a_way_that_cannot_be_watched_is_looked_at_every_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "web" / "src").mkdir(parents=True)
    real = Inotify.add

    def add(self: Inotify, path: str, mask: int = MASK) -> int:
        if path == str(tmp_path / "web"):
            raise OSError(errno.EACCES, "Permission denied", path)
        return real(self, path, mask)

    monkeypatch.setattr(Inotify, "add", add)

    async def main() -> None:
        async with watching(tmp_path / "web" / "src", cookies=f"{tmp_path}/cookies") as source:
            _replaced(tmp_path / "web")
            (tmp_path / "web" / "src" / "f").write_text("x")
            async with asyncio.timeout(10):
                await source.newer_than(source.revision)
            assert paths(source) == {"f"}

    asyncio.run(main())
