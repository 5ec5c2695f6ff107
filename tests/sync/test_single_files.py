"""Rules whose source is one file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.sync.worlds import WEB, listing, world


def test_a_file_has_another_name_in_the_target(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "dev.ini").write_text("1")
        (tmp_path / "src" / "other").write_text("1")
        source, target = str(tmp_path / "src" / "dev.ini"), str(tmp_path / "dst" / "app.ini")
        async with world(tmp_path, source=source, target=target) as one:
            (one.source / "dev.ini").write_text("2")
            await one.settled()
            assert sorted(listing(one.target)) == ["app.ini"]
            assert (one.target / "app.ini").read_text() == "2"

    asyncio.run(main())


@pytest.mark.parametrize("how", ["in place", "by rename", "moved aside"])
def test_a_single_file_that_is_emptied_arrives_as_one_of_no_bytes(tmp_path: Path, how: str) -> None:
    async def main() -> None:
        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "a").write_text("1")
        source, target = str(tmp_path / "src" / "a"), str(tmp_path / "dst" / "b")
        async with world(tmp_path, source=source, target=target) as one:
            assert (one.target / "b").read_text() == "1"
            if how == "by rename":
                (one.source / "new").write_text("")
                (one.source / "new").rename(one.source / "a")
            else:
                (one.source / "a").rename(one.source / "old") if how == "moved aside" else None
                (one.source / "a").write_text("")
            await one.settled()
            assert (one.target / "b").read_text() == ""

    asyncio.run(main())


def test_a_single_file_that_is_removed_is_not_deleted_there(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "a").write_text("1")
        source, target = str(tmp_path / "src" / "a"), str(tmp_path / "dst" / "b")
        async with world(tmp_path, source=source, target=target) as one:
            (one.source / "a").unlink()
            await one.settled()
            (mirror,) = one.session.copies[WEB].mirrors.values()
            assert mirror.halted == "the source is gone"
            assert (one.target / "b").read_text() == "1"
            (one.source / "a").write_text("2")
            await one.until(lambda: not mirror.halted)
            await one.settled()
            assert (one.target / "b").read_text() == "2"

    asyncio.run(main())


@pytest.mark.parametrize("initial", [True, False], ids=["initial sync", "none"])
def test_a_file_that_is_made_only_later_is_sent_and_acted_on(tmp_path: Path, initial: bool) -> None:
    async def main() -> None:
        ends = {"source": str(tmp_path / "src" / "a"), "target": str(tmp_path / "dst" / "b")}
        keys: dict[str, Any] = {**ends, "restart": True, "initial": initial}
        async with world(tmp_path, **keys) as one:
            (one.source / "other").write_text("1")
            (one.source / "a").write_text("1")
            await one.until(lambda: one.shells.acted)
            assert one.shells.acted == [("a",)]
            assert sorted(listing(one.target)) == ["b"]
            (one.source / "a").write_text("2")
            await one.settled()
            assert (one.target / "b").read_text() == "2"

    asyncio.run(main())
