"""What one side has where the other's file or folder belongs: told, and got over."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from devenv.sync.ignore import Verdict
from tests.sync.worlds import WEB, world


@pytest.mark.parametrize("elsewhere", ["outside", "dst/e"])
def test_nothing_is_written_beyond_a_link(tmp_path: Path, elsewhere: str) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            (one.source / "d").mkdir()
            (one.source / "d" / "a").write_text("1")
            await one.same()
            (tmp_path / elsewhere).mkdir()
            (one.target / "d" / "a").unlink()
            (one.target / "d").rmdir()
            (one.target / "d").symlink_to(tmp_path / elsewhere)
            (one.source / "d" / "a").write_text("2")
            await one.settled()
            assert list((tmp_path / elsewhere).iterdir()) == []
            (mirror,) = one.session.copies[WEB].mirrors.values()
            assert mirror.target.problems == {
                "d": "1 file below it is not sent: a link has taken its place there"
            }
            (one.target / "d").unlink()
            (tmp_path / elsewhere).rmdir()
            await one.until((one.target / "d" / "a").exists)
            await one.same()
            assert mirror.target.problems == {}

    asyncio.run(main())


@pytest.mark.parametrize("is_link", [False, True], ids=["a file", "a link within the target"])
def test_what_lies_below_what_the_target_has_in_place_of_a_folder_arrives_without_it(
    tmp_path: Path, is_link: bool
) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            for name in ("d/deep/a", "d/b", "other"):
                (one.source / name).parent.mkdir(parents=True, exist_ok=True)
                (one.source / name).write_text("1")
            await one.same()
            (one.target / "d").rename(one.target / "e")
            if is_link:
                (one.target / "d").symlink_to("e")
            else:
                (one.target / "d").write_text("by itself")
            one.run(started=20.0)
            await one.settled()
            (mirror,) = one.session.copies[WEB].mirrors.values()
            assert mirror.target.problems.keys() == {"d"}
            (one.source / "other").write_text("2")
            for name in ("b", "new"):
                (one.source / "d" / name).write_text("2")
            await one.settled()
            assert (one.target / "other").read_text() == "2"
            assert "3 files below it are not sent" in mirror.target.problems["d"]
            assert mirror.refusals
            assert (one.target / "e" / "b").read_text() == "1"
            (one.target / "d").unlink()
            await one.until((one.target / "d" / "new").exists)
            await one.same_but("e", "e/b", "e/deep", "e/deep/a")
            assert not mirror.refusals

    asyncio.run(main())


def test_what_cannot_be_sent_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            (one.source / "a").write_text("1")
            await one.same()
            (one.source / "a").unlink()
            os.mkfifo(one.source / "a")
            os.mkfifo(one.source / "new")
            await one.settled()
            (mirror,) = one.session.copies[WEB].mirrors.values()
            why = "it is neither a file, a folder nor a link"
            assert mirror.target.problems == {"a": why}
            assert (one.target / "a").read_text() == "1"
            (strand,) = one.session.strands
            for name in ("a", "new"):
                assert strand.explain(str(one.source / name)) == Verdict(False, why)
            (one.source / "a").unlink()
            (one.source / "a").write_text("2")
            (one.source / "new").unlink()
            await one.same()
            assert mirror.target.problems == {}

    asyncio.run(main())
