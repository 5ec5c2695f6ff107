"""What is easily lost on the way: each case must end in trees that are equal by hash."""

from __future__ import annotations

import asyncio
import io
import os
import resource
import shutil
import tarfile
from pathlib import Path

import pytest

from devenv.sync.diff import changes
from devenv.sync.ignore import Filter
from devenv.sync.link import parse
from devenv.sync.scan import TICK, Scanner
from tests.sync.worlds import WEB, world


def test_a_write_by_one_name_of_a_file_is_carried_over_to_all_its_names(tmp_path: Path) -> None:
    (tmp_path / "src" / "d").mkdir(parents=True)
    (tmp_path / "src" / "a").write_text("one")
    os.link(tmp_path / "src" / "a", tmp_path / "src" / "d" / "b")

    async def main() -> None:
        async with world(tmp_path) as one:
            await one.same()
            (one.source / "a").write_text("longer")
            await one.same()
            os.link(one.source / "a", one.source / "c")
            await one.same()
            (one.source / "c").write_text("by the newest name")
            await one.same()

    asyncio.run(main())


def test_a_second_write_within_one_tick_of_the_clock_is_seen(tmp_path: Path) -> None:
    """File systems tell times in ticks: two writes of one size may look the same."""
    path = tmp_path / "f"
    path.write_text("one")
    time = path.stat().st_mtime_ns
    now = time
    scanner = Scanner(str(tmp_path), Filter([]), lambda _: None, clock=lambda: now)
    first = scanner.whole()
    assert first is not None
    path.write_text("two")
    os.utime(path, ns=(time, time))
    now = path.stat().st_ctime_ns + TICK
    second = scanner.again(first, {"f": False})
    assert [change.path for change in changes(first, second)] == ["f"]
    assert second is not None
    assert not list(changes(second, scanner.again(second, {"f": False})))


@pytest.mark.parametrize("how", ["in place", "made anew"])
def test_a_write_that_sets_the_time_back_is_carried_over(tmp_path: Path, how: str) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            path = one.source / "f"
            for text in ("one", "two", "six"):
                if how == "made anew":
                    path.unlink(missing_ok=True)
                path.write_text(text)
                os.utime(path, (10**9, 10**9))
                await one.same()

    asyncio.run(main())


def test_a_name_beyond_a_link_is_no_other_name_of_a_file(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            for name in "acd":
                (one.source / name).mkdir()
            (one.source / "a" / "f").write_text("1")
            for name in "cd":
                os.link(one.source / "a" / "f", one.source / name / "f")
            await one.same()
            shutil.rmtree(one.source / "a")
            (one.source / "a").symlink_to("c")
            await one.same()
            (one.source / "c" / "f").write_text("22")
            await one.same()

    asyncio.run(main())


def test_a_file_that_has_another_name_elsewhere_is_not_sent_for_ever(tmp_path: Path) -> None:
    """Of a name beyond the source no event tells, but it changes one of the file's times."""

    async def main() -> None:
        async with world(tmp_path) as one:
            (one.source / "f").write_text("1")
            await one.same()
            os.link(one.source / "f", tmp_path / "elsewhere")
            (one.target / "f").unlink()
            one.run(started=20.0)
            await one.same()
            (one.source / "g0").write_text("1")
            await one.same()
            tally = next(iter(one.session.copies[WEB].mirrors.values())).target.tally
            sent = tally.files
            for count in range(1, 4):
                (one.source / f"g{count}").write_text("1")
                await one.same()
                assert tally.files == sent + count

    asyncio.run(main())


@pytest.mark.parametrize("age", [-(10**6), 0, 10**6])
def test_times_are_never_taken_for_an_order(tmp_path: Path, age: int) -> None:
    """A clock that jumps makes files older or newer than what is there: neither wins by it."""

    async def main() -> None:
        async with world(tmp_path) as one:
            (one.source / "f").write_text("one")
            await one.same()
            os.utime(one.target / "f", (2**31, 2**31))
            (one.source / "f").write_text("two")
            now = int((one.source / "f").stat().st_mtime)
            os.utime(one.source / "f", (now + age, now + age))
            await one.same()

    asyncio.run(main())


@pytest.mark.parametrize("while_sending", [False, True])
def test_a_target_that_is_removed_is_made_again(tmp_path: Path, while_sending: bool) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            for number in range(200):
                (one.source / f"f{number}").write_bytes(os.urandom(50_000))
            if not while_sending:
                await one.same()
            shutil.rmtree(one.target, ignore_errors=True)
            (one.source / "last").write_text("saved after that")
            await one.until((one.target / "last").exists)
            await one.until(lambda: not one.session.copies[WEB].problem)
            await one.same()

    asyncio.run(main())


def test_a_flush_waits_for_a_second_try(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            (one.source / "f").write_text("1")
            await one.same()
            shutil.rmtree(one.target, ignore_errors=True)
            one.session.reset()
            await one.same()

    asyncio.run(main())


def test_a_file_of_five_gigabytes_of_nothing_costs_neither_memory_nor_time(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    with (tmp_path / "src" / "image").open("wb") as file:
        file.write(b"begin")
        file.truncate(5 * 2**30)
        file.seek(3 * 2**30)
        file.write(b"middle")

    async def main() -> None:
        before = _memory()
        async with world(tmp_path) as one:
            found = one.target / "image"
            assert found.stat().st_size == 5 * 2**30
            with found.open("rb") as file:
                assert file.read(5) == b"begin"
                file.seek(3 * 2**30 - 1)
                assert file.read(8) == b"\0middle\0"
            assert _memory() - before < 64 * 1024

    asyncio.run(main())


def _memory() -> int:
    """The most that this process ever had, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_an_image_without_tar_gets_its_files_by_the_engine_and_says_why(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    tools = "sh head mv rm mkdir dd id tr stat xargs sha256sum"
    for name in tools.split():
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)

    async def main() -> None:
        async with world(tmp_path, running=False) as one:
            one.shells.words = ("env", f"PATH={programs}")
            (one.source / "f").write_text("1")
            one.run()
            await one.settled()
            assert one.session.copies[WEB].lack.startswith("the image has no tar: the engine")
            (archive,) = one.shells.archives
            with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
                assert opened.getnames() == [str(one.target / "f").lstrip("/")]

    asyncio.run(main())


def test_names_with_newlines_are_told_apart() -> None:
    asked = [b"a", b"a\nb", b"81a4 3 7 a"]
    digest = b"0" * 64
    said = (
        b"81a4 3 7 a\nb\n81a4 3 7 a\n81a4 3 7 81a4 3 7 a\n"
        + digest
        + b"  a\nb\n\\"
        + digest
        + b"  a\\nb\n"
    )
    found = parse(said, asked)
    assert found.keys() == {"a", "a\nb", "81a4 3 7 a"}
    assert found["a\nb"].text == digest.decode()
