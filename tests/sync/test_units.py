"""Units come and go, cannot be reached, are made again: their files follow."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import tarfile
from functools import partial
from pathlib import Path

import pytest

from devenv.model.environment import ReplicaId
from devenv.model.sync import SyncRule
from devenv.sync import copies, deposit
from devenv.sync.copies import UnitKey
from devenv.sync.session import Session
from devenv.sync.watch.watcher import Watcher
from tests.sync.worlds import BOTH, WEB, Shells, World, listing, world


def test_a_new_container_gets_everything_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            (one.source / "a").write_text("1")
            await one.same()
            one.stop()
            (one.source / "b").write_text("2")
            (one.target / "a").write_text("as the image has it")
            one.run("c2", started=20.0)
            await one.same()

    asyncio.run(main())


def test_what_is_deleted_while_a_container_is_away_is_deleted_there_too(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "a").write_text("1")
        (tmp_path / "src" / "b").write_text("1")
        async with world(tmp_path) as one:
            await one.same()
            one.stop()
            (one.source / "a").unlink()
            one.run("c1", started=20.0)
            await one.same()

    asyncio.run(main())


def test_a_deletion_is_kept_in_mind_until_a_receiver_can_run(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            for name in "abc":
                (one.source / name).write_text("1")
            await one.same()
            one.session.follow({WEB: UnitKey(WEB, 10.0, "c1", runs=False)})
            (one.source / "a").unlink()
            await one.settled()
            one.run("c1", started=20.0)
            await one.same()
            one.shells.away = "it is being started"
            one.run("c1", started=30.0)
            (one.source / "b").unlink()
            await one.until(lambda: [c for c in one.session.copies.values() if c.problem])
            one.run("c1", started=40.0)
            one.shells.away = ""
            await one.same()

    asyncio.run(main())


def test_what_runs_since_before_the_daemon_is_compared_in_any_case(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "saved while no daemon lived").write_text("1")
        async with world(tmp_path, initial=False, born=100.0) as one:
            await one.same()

    asyncio.run(main())


def test_a_killed_receiver_is_replaced_and_nothing_is_lost(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            (one.source / "a").write_text("1")
            await one.same()
            one.shells.opened[-1].process.kill()
            (one.source / "a").write_text("2")
            (one.source / "b").write_text("3")
            await one.until(lambda: len(one.shells.opened) == 2)
            await one.same()

    asyncio.run(main())


def test_a_unit_that_cannot_be_reached_says_why_and_gets_its_files_later(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path, running=False) as one:
            one.shells.away = "no shell in this image"
            one.run()
            (one.source / "a").write_text("1")
            await one.settled()
            assert one.session.copies[WEB].problem == "no shell in this image"
            one.shells.away = ""
            await one.until(lambda: not one.session.copies[WEB].problem)
            await one.same()

    asyncio.run(main())


async def run_both(one: World) -> None:
    """Have two replicas run, each with a folder of its own, and both get a file."""
    for key in BOTH:
        one.shells.folders[key] = one.base / str(key.index)
        one.shells.folders[key].mkdir()
    one.session.follow({key: UnitKey(key, 10.0, str(key)) for key in BOTH})
    (one.source / "a").write_text("1")
    await one.settled()


def test_a_replica_that_hangs_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "STALL", 0.2)

    async def main() -> None:
        async with world(tmp_path, running=False, target="app") as one:
            await run_both(one)
            hung, there = _receiver(one, BOTH[0]), one.shells.folders[BOTH[1]] / "app" / "a"
            os.kill(hung, signal.SIGSTOP)
            try:
                for content in "23":
                    (one.source / "a").write_text(content)
                    await one.until(partial(_has, there, content))
            finally:
                os.kill(hung, signal.SIGCONT)
            await one.settled()
            for folder in one.shells.folders.values():
                assert listing(folder / "app") == listing(one.source)

    asyncio.run(main())


def _receiver(one: World, replica: ReplicaId) -> int:
    """The process that receives for a replica: it works in its folder."""
    pids = (pipe.process.pid for pipe in one.shells.opened)
    folder = str(one.shells.folders[replica])
    return next(pid for pid in pids if os.readlink(f"/proc/{pid}/cwd").startswith(folder))


def _has(path: Path, content: str) -> bool:
    return path.read_text() == content


def test_what_is_on_its_way_can_be_seen(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "src" / "many").mkdir(parents=True)
        for number in range(500):
            (tmp_path / "src" / "many" / str(number)).write_bytes(bytes(50_000))
        async with world(tmp_path, running=False) as one:
            one.run()
            await one.until(lambda: _sending(one))
            copy = one.session.copies[WEB]
            moved = copy.moved
            await one.same()
            assert copy.moved > moved
            assert _sending(one) is None

    asyncio.run(main())


def _sending(one: World) -> tuple[int, int] | None:
    """Files of how many, of the batch that is on its way."""
    for mirror in one.session.copies[WEB].mirrors.values() if one.session.copies else ():
        if mirror.target.sending is not None:
            assert mirror.target.sending.files <= mirror.target.sending.total == 500
            return mirror.target.sending.files, mirror.target.sending.total
    return None


def test_both_replicas_are_kept_equal(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path, running=False, target="app") as one:
            await run_both(one)
            for key in BOTH:
                assert listing(one.shells.folders[key] / "app") == listing(one.source)

    asyncio.run(main())


def test_a_unit_that_has_ended_is_given_what_it_lacks(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "old").write_text("1")
        async with world(tmp_path, running=False, initial=False) as one:
            one.session.follow({WEB: UnitKey(WEB, 10.0, "c1", runs=False)})
            (one.source / "new").write_text("2")
            (one.source / "old").unlink()
            await one.settled()
            with tarfile.open(fileobj=io.BytesIO(one.shells.archives[-1])) as found:
                assert found.getnames() == [str(one.target / "new").lstrip("/")]
            mirror = next(iter(one.session.copies[WEB].mirrors.values()))
            assert list(mirror.target.problems) == ["old"]
            one.run(started=20.0)
            await one.same()

    asyncio.run(main())


def unpacked(one: World) -> None:
    """Do what an engine does with the archives that it was given."""
    for data in one.shells.archives:
        with tarfile.open(fileobj=io.BytesIO(data)) as found:
            found.extractall("/", filter="fully_trusted")
    one.shells.archives.clear()


def test_the_engine_is_given_the_tree_once_then_what_changes(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "src" / "d").mkdir(parents=True)
        (tmp_path / "src" / "d" / "old").write_text("1")
        (tmp_path / "src" / "older").write_text("1")
        async with world(tmp_path, running=False) as one:
            one.session.follow({WEB: UnitKey(WEB, 10.0, "c1", runs=False)})
            await one.settled()
            unpacked(one)
            assert listing(one.target) == listing(one.source)
            (one.source / "new").write_text("1")
            await one.settled()
            assert _names(one.shells.archives) == ["new"]
            tally = next(iter(one.session.copies[WEB].mirrors.values())).target.tally
            assert (tally.generation, tally.files, tally.bytes) == (2, 3, 3)
            assert len(tally.latencies) == 2
            assert (one.shells.told[0].files, one.shells.told[0].bytes) == (2, 2)
            unpacked(one)
            (one.source / "new").unlink()
            await one.settled()
            mirror = next(iter(one.session.copies[WEB].mirrors.values()))
            assert list(mirror.target.problems) == ["new"]
            (one.source / "older").write_text("2")
            await one.settled()
            assert list(mirror.target.problems) == ["new"]
            unpacked(one)
            one.run(started=20.0)
            await one.same()

    asyncio.run(main())


def test_the_engine_is_given_archives_of_bounded_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deposit, "LIMIT", 20_000)
    (tmp_path / "src").mkdir()
    for number in range(5):
        (tmp_path / "src" / str(number)).write_bytes(bytes(8000))

    async def main() -> None:
        async with world(tmp_path, running=False) as one:
            one.session.follow({WEB: UnitKey(WEB, 10.0, "c1", runs=False)})
            await one.settled()
            assert len(one.shells.archives) == 3
            unpacked(one)
            assert listing(one.target) == listing(one.source)

    asyncio.run(main())


def _names(archives: list[bytes]) -> list[str]:
    return [
        Path(name).name
        for data in archives
        for name in tarfile.open(fileobj=io.BytesIO(data)).getnames()
    ]


def test_the_engine_is_never_given_a_compressed_archive(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "src").mkdir()
        async with world(tmp_path, running=False) as one:
            one.session.follow({WEB: UnitKey(WEB, 10.0, "c1", runs=False)})
            for magic in (b"\x1f\x8b", b"\xfd7zXZ", b"BZh9", b"\x28\xb5\x2f\xfd"):
                (one.source / "0").write_bytes(magic)
                await one.settled()
            assert all(made[257:262] == b"ustar" for made in one.shells.archives)

    asyncio.run(main())


def test_what_a_unit_lacked_when_it_was_met_is_told_once(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "a").write_text("1")
        async with world(tmp_path) as one:
            await one.same()
            assert one.shells.full == [WEB]
            (one.source / "a").write_text("2")
            await one.same()
            one.shells.opened[-1].process.kill()
            (one.source / "a").write_text("3")
            await one.same()
            assert one.shells.full == [WEB]
            one.run("c2", started=20.0)
            await one.settled()
            assert one.shells.full == [WEB], "it had everything"
            (one.target / "a").write_text("as the image has it")
            one.run("c3", started=30.0)
            await one.same()
            assert one.shells.full == [WEB, WEB]

    asyncio.run(main())


def test_what_was_sent_is_counted_on_when_a_unit_is_started_anew(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            (one.source / "a").write_text("1")
            await one.same()
            one.run(started=20.0)
            await one.settled()
            one.run("c2", started=30.0)
            (one.source / "b").write_text("2")
            await one.same()
            (mirror,) = one.session.copies[WEB].mirrors.values()
            assert mirror.target.tally.files == 2

    asyncio.run(main())


def test_without_an_engine_nobody_helps_a_user_who_may_not_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    async def main() -> None:
        async with world(tmp_path, running=False, target=str(tmp_path / "file" / "app")) as one:
            one.shells.has_engine = False
            one.run()
            (one.source / "a").write_text("1")
            await one.until(lambda: WEB in one.session.copies)
            await one.until(lambda: one.session.copies[WEB].failures > 1)
            assert "file" in one.session.copies[WEB].problem

    asyncio.run(main())


def test_a_rule_that_is_refused_keeps_no_other_one_back(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a").write_text("1")
    refused = SyncRule(str(tmp_path / "src"), str(tmp_path / "file" / "app"))
    possible = SyncRule(str(tmp_path / "src"), str(tmp_path / "dst"))

    async def main() -> None:
        watcher = Watcher(str(tmp_path / "cookies"))
        session = Session([refused, possible], watcher, Shells(), boottime=lambda: 0.0)
        session.follow({WEB: UnitKey(WEB, 10.0, "c1")})
        task = asyncio.create_task(session.run())
        try:
            async with asyncio.timeout(15):
                await session.caught_up()
            assert (tmp_path / "dst" / "a").read_text() == "1"
            assert "file" in session.copies[WEB].problem
        finally:
            task.cancel()
            await asyncio.wait([task])
            watcher.close()

    asyncio.run(main())


def test_a_unit_that_cannot_be_reached_for_hours_is_tried_again_all_the_same(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with world(tmp_path, running=False) as one:
            one.shells.away = "no shell in this image"
            one.run()
            await one.until(lambda: WEB in one.session.copies)
            await one.until(lambda: one.session.copies[WEB].failures)
            one.session.copies[WEB].failures = 10_000
            (one.source / "a").write_text("1")
            await one.until(lambda: one.session.copies[WEB].failures > 10_000)
            one.shells.away = ""
            await one.until(lambda: not one.session.copies[WEB].problem)
            await one.same()

    asyncio.run(main())
