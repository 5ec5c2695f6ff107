"""Faults of the way into a unit: cut anywhere, killed, full. The end is always the same tree."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from devenv.errors import DevenvError
from devenv.sync.batch import Batch
from devenv.sync.copies import Copy, UnitKey
from devenv.sync.diff import changes
from devenv.sync.ignore import Filter
from devenv.sync.link import BrokenError, Link, Stream
from devenv.sync.mirror import Mirror, Way
from devenv.sync.reading import PIECE
from devenv.sync.scan import Scanner
from devenv.sync.strand import Strand
from devenv.sync.tree import EMPTY, Folder
from devenv.sync.watch.coalesce import Phase
from devenv.sync.watch.route import Place
from devenv.sync.watch.watcher import Watcher
from tests.sync.pipes import Pipe, linked, pipe
from tests.sync.worlds import WEB, Shells, World, listing, rule, world

FRAMES = 13
"""More frames than what is sent here has."""


class Cut:
    """A stream that breaks at a frame: half of it is written, or its answer is lost."""

    def __init__(self, inner: Pipe, frame: int, *, half: bool) -> None:
        self._inner = inner
        self._left = frame
        self._half = half
        self._is_cut = False

    async def read(self) -> bytes:
        if self._is_cut:
            raise DevenvError("the connection was cut")
        return await self._inner.read()

    async def write(self, data: bytes) -> None:
        self._left -= 1
        if self._left >= 0:
            await self._inner.write(data)
            return
        self._is_cut = True
        await self._inner.write(data[: len(data) // 2] if self._half else data)
        await self._inner.close()
        raise DevenvError("the connection was cut")

    async def close(self) -> None:
        await self._inner.close()


class Still:
    """A source that does not change."""

    def __init__(self, root: Path) -> None:
        self.place = Place(str(root))
        self.tree: Folder | None = Scanner(str(root), Filter([]), lambda _: None).whole()
        self.revision = 1
        self.since = self.free = 0.0
        self.rule = Filter([])

    def mark(self, path: str, *, deep: bool, phase: Phase = Phase.CHANGED) -> None: ...


def fill(root: Path) -> None:
    (root / "d" / "e").mkdir(parents=True)
    for number in range(20):
        (root / "d" / f"f{number}").write_text(str(number))
    (root / "d" / "e" / "large").write_bytes(os.urandom(2 * PIECE + 500_000))
    (root / "z").write_bytes(os.urandom(PIECE - 1000))


@pytest.mark.parametrize("half", [True, False], ids=["half of it", "all but the answer"])
@pytest.mark.parametrize("frame", range(FRAMES))
def test_a_stream_that_is_cut_at_any_frame_costs_nothing(
    tmp_path: Path, frame: int, half: bool
) -> None:
    source, target = tmp_path / "src", tmp_path / "dst"
    fill(source)
    target.mkdir()
    (target / "z").write_text("old")

    async def attempt(mirror: Mirror, stream: Stream) -> None:
        link = Link(stream)
        try:
            await mirror.bring(link)
        finally:
            await link.close()

    async def main() -> None:
        mirror = Mirror(Still(source), Way(str(target)))
        try:
            await attempt(mirror, Cut(await pipe(), frame, half=half))
        except DevenvError:
            assert (target / "z").read_bytes() in {b"old", (source / "z").read_bytes()}
        again = Mirror(Still(source), Way(str(target)))
        await attempt(again, await pipe())
        assert listing(target) == listing(source)

    asyncio.run(main())


@pytest.mark.parametrize("is_deleted", [True, False], ids=["deleted", "written to"])
def test_what_changes_while_it_is_compared_is_no_conflict(tmp_path: Path, is_deleted: bool) -> None:
    source, target = tmp_path / "src", tmp_path / "dst"
    source.mkdir()
    for name in "ab":
        (source / name).write_text(name)

    async def main() -> None:
        async with linked() as link:
            still = Still(source)
            mirror = Mirror(still, Way(str(target)))
            await mirror.bring(link)
            mirror.doubt()
            (source / "a").unlink() if is_deleted else (source / "a").write_text("new")
            await mirror.bring(link)
            assert mirror.target.conflicts == ()
            still.tree, still.revision = Still(source).tree, 2
            await mirror.bring(link)
            assert mirror.target.conflicts == ()
            assert listing(target) == listing(source)

    asyncio.run(main())


class Deaf:
    """A receiver whose answers to a batch are lost."""

    def __init__(self, inner: Pipe) -> None:
        self._inner = inner
        self._is_cut = False

    async def read(self) -> bytes:
        answer = await self._inner.read()
        if self._is_cut:
            raise DevenvError("the connection was cut")
        return answer

    async def write(self, data: bytes) -> None:
        self._is_cut = data.startswith(b"batch ")
        await self._inner.write(data)

    async def close(self) -> None:
        await self._inner.close()


def test_a_deletion_in_what_may_have_arrived_is_carried_over(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "src" / "d").mkdir(parents=True)
        for name in "abc":
            (tmp_path / "src" / "d" / name).write_text("1")
        (tmp_path / "dst").mkdir()
        source = Still(tmp_path / "src")
        mirror = Mirror(source, Way(str(tmp_path / "dst")))
        cut = Deaf(await pipe())
        with pytest.raises(DevenvError, match="cut"):
            await mirror.bring(Link(cut))
        await cut.close()
        assert listing(tmp_path / "dst") == listing(tmp_path / "src")
        (tmp_path / "src" / "d" / "a").unlink()
        source.tree = Still(tmp_path / "src").tree
        mirror.doubt()
        async with linked() as link:
            await mirror.bring(link)
        assert listing(tmp_path / "dst") == listing(tmp_path / "src")

    asyncio.run(main())


def test_a_source_that_is_away_for_a_moment_is_told_and_got_over(tmp_path: Path) -> None:
    async def main() -> None:
        fill(tmp_path / "src")
        source = Still(tmp_path / "src")
        watcher = Watcher(str(tmp_path / "cookies"))
        strand = Strand(rule(tmp_path), watcher)
        mirror = Mirror(source, Way(str(tmp_path / "dst")))
        copy = Copy(UnitKey(WEB, 10.0, "c1"), {strand: mirror})
        (tmp_path / "src").rename(tmp_path / "moved")
        await copy.bring(Shells())
        assert copy.problem == f"{tmp_path / 'src'}: No such file or directory"
        (tmp_path / "moved").rename(tmp_path / "src")
        await copy.bring(Shells())
        assert not copy.problem
        assert listing(tmp_path / "dst") == listing(tmp_path / "src")
        (tmp_path / "src").rename(tmp_path / "moved")
        mirror.reset()
        await copy.bring(Shells())
        assert copy.problem
        (tmp_path / "moved").rename(tmp_path / "src")
        await copy.bring(Shells())
        assert not copy.problem
        await copy.close()
        watcher.close()

    asyncio.run(main())


def test_a_receiver_that_says_something_else_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")

    class Liar:
        async def read(self) -> bytes:
            return b"ok 0\n"

        async def write(self, data: bytes) -> None: ...

        async def close(self) -> None: ...

    async def main() -> None:
        link = Link(Liar())
        await link.at("/x")
        tree = Scanner(str(tmp_path), Filter([]), lambda _: None).whole()
        with pytest.raises(BrokenError, match="the receiver answers"):
            await link.send(Batch(str(tmp_path), list(changes(EMPTY, tree))))

    asyncio.run(main())


@contextmanager
def of_size(folder: Path, size: int) -> Iterator[Path]:
    """A file system that has room for so many bytes."""
    folder.mkdir()
    options = f"size={size}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "devenv-test", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for a frame, and not for what is in it."""
    with of_size(tmp_path / "dst", PIECE + 2_000_000) as folder:
        yield folder


@pytest.mark.parametrize("words", [(), ("busybox",), ("bash",)], ids=["sh", "busybox", "bash"])
def test_a_file_that_is_larger_than_the_disk_holds_up_no_other(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    async def main() -> None:
        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "small").write_text("1")
        async with world(tmp_path, running=False) as one:
            one.shells.words = words
            one.run()
            await one.same()
            (one.source / "huge").write_bytes(os.urandom(3_000_000))
            await one.until(lambda: _told(one))
            (one.source / "small").write_text("2")
            await one.until(lambda: (one.target / "small").read_text() == "2")
            (mirror,) = one.session.copies[WEB].mirrors.values()
            await one.until(lambda: "No space" in mirror.target.problems.get("huge", ""))
            assert one.session.copies[WEB].problem == ""

    with of_size(tmp_path / "dst", 1_000_000):
        asyncio.run(main())


@pytest.mark.parametrize("count", [1, 5], ids=["a frame has no room", "its files have none"])
def test_a_full_disk_is_told_and_got_over(tmp_path: Path, small: Path, count: int) -> None:
    async def main() -> None:
        (tmp_path / "src").mkdir()
        async with world(tmp_path) as one:
            (one.source / "small").write_text("1")
            await one.same()
            (one.source / "huge").mkdir()
            for number in range(count):
                content = os.urandom((2 * PIECE if count == 1 else 5 * PIECE // 4) // count)
                (one.source / "huge" / str(number)).write_bytes(content)
            await one.until(lambda: _told(one))
            assert (small / "small").read_text() == "1"
            shutil.rmtree(one.source / "huge")
            await one.until(lambda: not _told(one))
            (one.source / "small").write_text("2")
            await one.same()

    asyncio.run(main())


@pytest.mark.parametrize("words", [(), ("busybox",), ("bash",)], ids=["sh", "busybox", "bash"])
def test_a_disk_without_any_room_is_told_by_every_head(small: Path, words: tuple[str, ...]) -> None:
    async def main() -> None:
        stream = await pipe(words)
        link = Link(stream)
        await link.at(str(small))
        with suppress(OSError):
            (small / "own").write_bytes(bytes(2 * PIECE))
        with pytest.raises(BrokenError, match="No space"):
            await link.look(["own"])
        await stream.close()

    asyncio.run(main())


def test_what_had_no_room_arrives_when_there_is_some(tmp_path: Path, small: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            (small / "own").write_bytes(bytes(PIECE))
            (one.source / "large").write_bytes(os.urandom(PIECE // 2))
            await one.until(lambda: _told(one))
            (small / "own").unlink()
            await one.until(lambda: listing(small) == listing(one.source))
            await one.until(lambda: not _told(one))

    asyncio.run(main())


def _told(one: World) -> bool:
    """Whether it is said that there is no room, of the unit or of a path."""
    copy = one.session.copies[WEB]
    said = [
        copy.problem,
        *(why for mirror in copy.mirrors.values() for why in mirror.target.problems.values()),
    ]
    return any("space" in text for text in said)


def test_a_file_that_changes_while_it_is_read_is_sent_when_it_is_whole(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            path = one.source / "log"
            with path.open("wb") as file:
                for _ in range(60):
                    file.write(os.urandom(40_000))
                    file.flush()
                    await asyncio.sleep(0.002)
            await one.same()

    asyncio.run(main())


@pytest.mark.parametrize("words", [(), ("busybox",), ("bash",)], ids=["sh", "busybox", "bash"])
def test_every_shell_is_a_receiver(tmp_path: Path, words: tuple[str, ...]) -> None:
    source = tmp_path / "src"
    fill(source)

    async def main() -> None:
        stream = await pipe(words)
        link = Link(stream)
        await Mirror(Still(source), Way(str(tmp_path / "dst"))).bring(link)
        await link.close()
        assert listing(tmp_path / "dst") == listing(source)
        assert not (tmp_path / "dst" / ".devenv-sync").exists()

    asyncio.run(main())


def test_a_root_that_cannot_be_written_to_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    async def main() -> None:
        async with linked() as link:
            with pytest.raises(DevenvError, match=r"Not a directory|File exists"):
                await link.at(str(tmp_path / "file"))

    asyncio.run(main())
