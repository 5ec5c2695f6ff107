"""A session over real folders, with receivers in shells of this machine."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from devenv.sync.copies import UnitKey
from devenv.sync.session import Hold
from tests.sync.worlds import WEB, listing, world


def test_a_save_is_carried_over(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            (one.source / "a.py").write_text("print(1)")
            await one.same()
            (one.source / "a.py").write_text("print(2)")
            await one.same()

    asyncio.run(main())


NAMES = (
    b"plain",
    b"with space",
    b"new\nline",
    b"-rf",
    b"back\\slash",
    b"*",
    b"\xff\xfe",
    b"'",
    b'"',
)


def test_all_that_is_there_at_first_is_carried_over(tmp_path: Path) -> None:
    folder = tmp_path / "src" / "in" / "deep er"
    folder.mkdir(parents=True)
    (folder / "empty").mkdir()
    for name in (*NAMES, b"l" * 255):
        (folder / os.fsdecode(name)).write_bytes(name)
    (folder / "large").write_bytes(os.urandom(9_500_000))
    (folder / "program").write_text("#!/bin/sh")
    (folder / "program").chmod(0o755)
    os.link(folder / "large", folder / "hard")
    (tmp_path / "src" / "dangling").symlink_to("/nowhere")

    async def main() -> None:
        async with world(tmp_path) as one:
            await one.same()

    asyncio.run(main())


def test_a_link_is_carried_over_as_a_link_and_never_followed(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "secret").write_text("secret")
        async with world(tmp_path) as one:
            (one.source / "link").symlink_to(tmp_path / "secret")
            (one.source / "folder").symlink_to(tmp_path)
            await one.same()
            assert (one.target / "link").is_symlink()

    asyncio.run(main())


def test_a_save_behind_a_link_that_was_switched_is_carried_over(tmp_path: Path) -> None:
    async def main() -> None:
        for name in ("r1", "r2"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "a").write_text(name)
        current = tmp_path / "cur"
        current.symlink_to("r1")
        async with world(tmp_path, source=str(current)) as one:
            assert (one.target / "a").read_text() == "r1"
            current.unlink()
            current.symlink_to("r2")
            await one.settled()
            assert (one.target / "a").read_text() == "r2"
            (tmp_path / "r2" / "b").write_text("saved later")
            await one.settled()
            assert listing(one.target) == listing(tmp_path / "r2")

    asyncio.run(main())


def test_a_folder_becomes_a_file_and_a_file_a_folder(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            (one.source / "a" / "b").mkdir(parents=True)
            (one.source / "f").write_text("1")
            await one.same()
            (one.source / "a" / "b").rmdir()
            (one.source / "a").rmdir()
            (one.source / "a").write_text("now a file")
            (one.source / "f").unlink()
            (one.source / "f").mkdir()
            (one.source / "f" / "inner").write_text("2")
            await one.same()

    asyncio.run(main())


def test_a_name_changes_its_case_only(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            (one.source / "Readme").write_text("1")
            await one.same()
            (one.source / "Readme").rename(one.source / "README")
            await one.same()

    asyncio.run(main())


def test_modes_are_carried_over_without_the_content(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            (one.source / "d").mkdir()
            (one.source / "d" / "f").write_text("1")
            await one.same()
            (one.source / "d").chmod(0o700)
            (one.source / "d" / "f").chmod(0o755)
            await one.same()

    asyncio.run(main())


def test_what_the_target_has_of_its_own_is_left_alone(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            (one.target / "node_modules").mkdir()
            (one.target / "node_modules" / "x").write_text("own")
            (one.source / "a").write_text("1")
            await one.settled()
            assert (one.target / "node_modules" / "x").read_text() == "own"

    asyncio.run(main())


def test_without_an_initial_sync_only_what_changes_is_sent(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "old").write_text("1")
        async with world(tmp_path, initial=False) as one:
            (one.source / "new").write_text("2")
            await one.settled()
            assert sorted(listing(one.target)) == ["new"]
            (one.source / "old").write_text("3")
            await one.same()

    asyncio.run(main())


def test_a_folder_that_the_target_made_first_is_filled(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            (one.target / "cache").mkdir()
            (one.target / "cache" / "own").write_text("own")
            (one.source / "cache").mkdir()
            (one.source / "cache" / "ours").write_text("1")
            await one.settled()
            assert (one.target / "cache" / "ours").read_text() == "1"
            assert (one.target / "cache" / "own").read_text() == "own"

    asyncio.run(main())


@pytest.mark.parametrize("how", ["emptied", "gone"])
def test_a_source_that_vanished_deletes_nothing(tmp_path: Path, how: str) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            for name in "abc":
                (one.source / name).write_text(name)
            await one.same()
            before = listing(one.target)
            for path in list(one.source.iterdir()):
                path.unlink()
            if how == "gone":
                one.source.rmdir()
            await one.settled()
            mirror = next(iter(one.session.copies[WEB].mirrors.values()))
            assert how in mirror.halted
            assert listing(one.target) == before
            one.source.mkdir(exist_ok=True)
            for name in "abc":
                (one.source / name).write_text(f"{name} again")
            await one.until(lambda: one.session.strands[0].source.tree is not None)
            await one.same()

    asyncio.run(main())


def test_a_unit_that_has_ended_waits_for_no_source_that_is_gone(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "a").write_text("1")
        async with world(tmp_path, running=False) as one:
            one.session.follow({WEB: UnitKey(WEB, 10.0, "c1", runs=False)})
            await one.settled()
            (one.source / "a").unlink()
            one.source.rmdir()
            await one.until(lambda: one.session.strands[0].source.tree is None)
            await one.settled()
            (mirror,) = one.session.copies[WEB].mirrors.values()
            assert mirror.halted == "the source is gone"

    asyncio.run(main())


def test_a_halt_is_lifted_by_the_user_alone(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            for name in "abc":
                (one.source / name).write_text(name)
            await one.same()
            for path in list(one.source.iterdir()):
                path.unlink()
            await one.settled()
            one.session.accept()
            await one.same()

    asyncio.run(main())


def test_to_go_on_with_nothing_halted_allows_nothing_later(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            for name in "abc":
                (one.source / name).write_text(name)
            await one.same()
            before = listing(one.target)
            one.session.accept()
            await one.settled()
            for path in list(one.source.iterdir()):
                path.unlink()
            await one.settled()
            assert "emptied" in next(iter(one.session.copies[WEB].mirrors.values())).halted
            assert listing(one.target) == before

    asyncio.run(main())


def test_to_go_on_without_a_source_allows_nothing_when_it_is_back(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            for name in "abc":
                (one.source / name).write_text(name)
            await one.same()
            before = listing(one.target)
            shutil.rmtree(one.source)
            mirror = next(iter(one.session.copies[WEB].mirrors.values()))
            await one.until(lambda: "gone" in mirror.halted)
            one.session.accept()
            await one.settled()
            one.source.mkdir()
            await one.until(lambda: "emptied" in mirror.halted)
            assert listing(one.target) == before

    asyncio.run(main())


def test_a_paused_session_sends_nothing_until_it_goes_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            one.session.pause(paused=True)
            (one.source / "a").write_text("1")
            await one.settled()
            assert listing(one.target) == {}
            one.session.pause(paused=False)
            await one.same()

    asyncio.run(main())


def test_nothing_is_made_in_the_target_for_a_source_that_is_not_there(tmp_path: Path) -> None:
    async def main() -> None:
        source, target = str(tmp_path / "src" / "schema"), str(tmp_path / "dst" / "schema")
        async with world(tmp_path, source=source, target=target) as one:
            assert "not there" in next(iter(one.session.copies[WEB].mirrors.values())).halted
            assert listing(one.target) == {}
            (one.source / "schema").mkdir()
            (one.source / "schema" / "a").write_text("1")
            await one.until((one.target / "schema" / "a").exists)

    asyncio.run(main())


def test_nothing_of_ours_stays_in_a_target_between_two_saves(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            for text in ("1", "2"):
                (one.source / "a").write_text(text)
                await one.same()
                await one.until(lambda: sorted(os.listdir(one.target)) == ["a"])
            one.session.reset()
            await one.settled()
            await one.until(lambda: sorted(os.listdir(one.target)) == ["a"])
            (receiver,) = one.shells.opened
            assert receiver.process.returncode is None

    asyncio.run(main())


def test_what_was_sent_is_told_once_in_a_while(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            for number in range(30):
                (one.source / f"f{number}").write_text("1234")
                await one.settled()
            await one.until(lambda: sum(sent.files for sent in one.shells.told) == 30)
            assert sum(sent.bytes for sent in one.shells.told) == 120
            assert len(one.shells.told) < 30
            assert all(sent.seconds > 0 for sent in one.shells.told)

    asyncio.run(main())


def test_what_is_held_is_neither_sent_nor_done_until_it_is_free(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path, restart=True) as one:
            (one.source / "a").write_text("1")
            await one.same()
            await one.until(lambda: len(one.shells.acted) == 1)
            one.shells.held = Hold("another branch is checked out", 0.02)
            (one.source / "a").write_text("of the other branch")
            await one.until(lambda: one.session.held)
            await one.settled()
            assert (one.target / "a").read_text() == "1"
            assert one.shells.acted == [("a",)]
            one.shells.held = None
            await one.until(lambda: one.session.held is None)
            await one.same()
            await one.until(lambda: one.shells.acted == [("a",), ("a",)])

    asyncio.run(main())
