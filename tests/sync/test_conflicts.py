"""What a target has changed by itself, or has of its own: told, and never lost in silence."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from tests.sync.worlds import WEB, World, listing, world


def conflicts(one: World) -> list[tuple[str, bool]]:
    """Paths, and whether they were overwritten."""
    mirror = next(iter(one.session.copies[WEB].mirrors.values()))
    return [(conflict.path, conflict.overwritten) for conflict in mirror.target.conflicts]


def test_a_file_that_only_the_target_changed_stays_and_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            (one.source / "lock.json").write_text("1")
            await one.same()
            (one.target / "lock.json").write_text("by itself")
            one.run(started=20.0)
            await one.settled()
            mirror = next(iter(one.session.copies[WEB].mirrors.values()))
            assert [(c.path, c.overwritten) for c in mirror.target.conflicts] == [
                ("lock.json", False)
            ]
            assert (one.target / "lock.json").read_text() == "by itself"
            (one.source / "lock.json").write_text("the source again")
            await one.same()
            assert [(c.path, c.overwritten) for c in mirror.target.conflicts] == [
                ("lock.json", True)
            ]
            (one.source / "lock.json").write_text("once more")
            await one.same()
            assert conflicts(one) == []

    asyncio.run(main())


def test_a_folder_that_is_deleted_keeps_what_the_target_has_of_its_own(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            (one.source / "pkg" / "deep" / "er").mkdir(parents=True)
            for name in ("pkg/a", "pkg/deep/b", "pkg/deep/er/c", "keep"):
                (one.source / name).write_text("1")
            await one.same()
            (one.target / "pkg" / "uploads").mkdir()
            (one.target / "pkg" / "uploads" / "photo").write_text("own")
            (one.target / "pkg" / ".env").write_text("own")
            shutil.rmtree(one.source / "pkg")
            await one.settled()
            assert sorted(listing(one.target)) == [
                "keep",
                "pkg",
                "pkg/.env",
                "pkg/uploads",
                "pkg/uploads/photo",
            ]
            assert conflicts(one) == []
            shutil.rmtree(one.target / "pkg")
            (one.source / "pkg").mkdir()
            (one.source / "pkg" / "a").write_text("1")
            await one.same()
            (one.source / "pkg").rename(one.source / "renamed")
            await one.same()

    asyncio.run(main())


def test_what_the_target_has_written_to_is_told_when_it_is_overwritten(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            for name in "abc":
                (one.source / name).write_text("1")
            await one.same()
            for name in "ab":
                (one.target / name).write_text("by itself")
            (one.target / "new").write_text("by itself")
            (one.target / "alike").write_text("alike")
            for name in "ac":
                (one.source / name).write_text("the source")
            await one.same_but("b", "new", "alike")
            assert conflicts(one) == [("a", True)]
            (one.source / "new").write_text("the source")
            (one.source / "alike").write_text("alike")
            await one.same_but("b")
            assert conflicts(one) == [("a", True), ("new", True)]
            (one.source / "a").write_text("once more")
            await one.same_but("b")
            assert conflicts(one) == [("new", True)]

    asyncio.run(main())


def test_what_the_target_has_written_to_is_not_deleted(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            (one.source / "d").mkdir()
            for name in ("a", "d/b", "d/c", "keep"):
                (one.source / name).write_text("1")
            await one.same()
            for name in ("a", "d/b"):
                (one.target / name).write_text("by itself")
            (one.source / "a").unlink()
            shutil.rmtree(one.source / "d")
            await one.settled()
            assert sorted(listing(one.target)) == ["a", "d", "d/b", "keep"]
            assert conflicts(one) == [("a", False), ("d/b", False)]
            one.run(started=20.0)
            await one.settled()
            assert sorted(listing(one.target)) == ["a", "d", "d/b", "keep"]

    asyncio.run(main())


def test_a_folder_of_the_targets_own_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            (one.target / "data").mkdir()
            (one.target / "data" / "own").write_text("own")
            (one.source / "data").write_text("a file")
            (one.source / "other").write_text("1")
            await one.until((one.target / "other").exists)
            mirror = next(iter(one.session.copies[WEB].mirrors.values()))
            await one.until(lambda: "data" in mirror.target.problems)
            assert (one.target / "data" / "own").read_text() == "own"
            shutil.rmtree(one.target / "data")
            await one.until(lambda: "data" not in mirror.target.problems)
            await one.same()

    asyncio.run(main())


def test_a_time_that_nobody_knows_is_no_conflict(tmp_path: Path) -> None:
    """Files that an image has already, with times of their own."""

    async def main() -> None:
        for name in ("src", "dst"):
            (tmp_path / name).mkdir()
            for file in "abc":
                (tmp_path / name / file).write_text("1")
                os.utime(tmp_path / name / file, (len(name), ord(name[0]) * 10**6))
        async with world(tmp_path) as one:
            (one.source / "a").write_text("2")
            (one.source / "b").unlink()
            await one.same()
            assert conflicts(one) == []
            (one.target / "c").write_text("by itself")
            (one.source / "c").write_text("2")
            await one.same()
            assert conflicts(one) == [("c", True)]

    asyncio.run(main())


def test_what_has_no_end_in_the_target_is_not_read(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            for name in ("pipe", "endless", "other"):
                (one.source / name).write_text("1")
            await one.same()
            for name in ("pipe", "endless"):
                (one.target / name).unlink()
            os.mkfifo(one.target / "pipe")
            (one.target / "endless").symlink_to("/dev/zero")
            one.run(started=20.0)
            (one.source / "other").write_text("2")
            await one.settled()
            assert (one.target / "other").read_text() == "2"
            assert (one.target / "pipe").is_fifo()
            assert conflicts(one) == [("endless", False), ("pipe", False)]
            (one.source / "pipe").write_text("3")
            await one.settled()
            assert (one.target / "pipe").read_text() == "3"

    asyncio.run(main())
