"""What the usual watchers lose: every change must be in the tree, as the disk has it."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from devenv.sync.ignore import DockerPatterns, Filter, Layer
from devenv.sync.tree import Folder, at
from devenv.sync.watch import losing
from devenv.sync.watch.inotify import MASK, Inotify
from devenv.sync.watch.source import Source
from devenv.sync.watch.watcher import Watcher
from tests.sync.watches import ALL, caught_up, paths, watching


def on_disk(root: Path) -> set[str]:
    return {
        os.path.relpath(os.path.join(folder, name), root)
        for folder, folders, files in os.walk(root)
        for name in (*folders, *files)
    }


def watched(root: Path, work: Callable[[], None], rule: Filter = ALL) -> set[str]:
    """Do ``work`` while the folder is watched; return the paths of the tree after it."""

    async def main() -> set[str]:
        async with watching(root, rule) as source:
            work()
            await caught_up(source)
            return paths(source)

    return asyncio.run(main())


def test_folders_made_and_filled_at_once_are_seen_whole(tmp_path: Path) -> None:
    def work() -> None:
        for number in range(200):
            folder = tmp_path / str(number) / "a" / "b"
            folder.mkdir(parents=True)
            for place in (folder, folder.parent, folder.parent.parent):
                (place / "f").write_text("x")

    assert watched(tmp_path, work) == on_disk(tmp_path)
    assert len(on_disk(tmp_path)) == 1200


def test_folders_made_while_they_are_scanned_are_seen_whole(tmp_path: Path) -> None:
    """Another thread races with the scan."""

    def make() -> None:
        for number in range(300):
            folder = tmp_path / f"d{number}" / "a" / "b"
            folder.mkdir(parents=True)
            (folder / "f").write_text("x")

    async def main() -> set[str]:
        async with watching(tmp_path) as source:
            thread = threading.Thread(target=make)
            thread.start()
            await asyncio.to_thread(thread.join)
            await caught_up(source)
            return paths(source)

    assert asyncio.run(main()) == on_disk(tmp_path)


def test_a_filled_folder_that_is_moved_in_is_seen_whole(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    (outside / "deep").mkdir(parents=True)
    for number in range(50):
        (outside / "deep" / str(number)).write_text("x")

    assert watched(root, lambda: os.rename(outside, root / "in")) == on_disk(root)


def test_a_folder_moved_within_is_watched_where_it_is_now(tmp_path: Path) -> None:
    (tmp_path / "old" / "inner").mkdir(parents=True)

    async def main() -> set[str]:
        async with watching(tmp_path) as source:
            os.rename(tmp_path / "old", tmp_path / "new")
            await caught_up(source)
            (tmp_path / "new" / "inner" / "f").write_text("x")
            await caught_up(source)
            return paths(source)

    assert asyncio.run(main()) == {"new", "new/inner", "new/inner/f"}


def test_a_folder_deleted_and_made_again_is_watched_anew(tmp_path: Path) -> None:
    async def main() -> set[str]:
        async with watching(tmp_path) as source:
            for number in range(50):
                (tmp_path / "d").mkdir()
                (tmp_path / "d" / f"f{number}").write_text("x")
                shutil.rmtree(tmp_path / "d")
            (tmp_path / "d").mkdir()
            await caught_up(source)
            (tmp_path / "d" / "last").write_text("x")
            await caught_up(source)
            return paths(source)

    assert asyncio.run(main()) == {"d", "d/last"}


def test_names_that_are_no_text_are_seen(tmp_path: Path) -> None:
    def work() -> None:
        for raw in (b"\xff\xfe", b"\x80", b"new\nline", b"l" * 255):
            (tmp_path / os.fsdecode(raw)).write_text("x")

    assert watched(tmp_path, work) == on_disk(tmp_path)


@pytest.mark.parametrize("times", [1, 3])
def test_a_root_that_is_replaced_is_watched_again(tmp_path: Path, times: int) -> None:
    root = tmp_path / "root"
    root.mkdir()

    async def main() -> set[str]:
        async with watching(root) as source:
            for number in range(times):
                os.rename(root, tmp_path / f"old{number}")
                root.mkdir()
                await caught_up(source)
                (root / f"f{number}").write_text("x")
                await caught_up(source)
            return paths(source)

    assert asyncio.run(main()) == {f"f{times - 1}"}


def test_a_save_by_rename_is_seen_each_time(tmp_path: Path) -> None:
    async def main() -> None:
        async with watching(tmp_path) as source:
            for number in range(50):
                (tmp_path / ".new").write_text("x" * number)
                os.rename(tmp_path / ".new", tmp_path / "f")
                await caught_up(source)
                assert source.tree is not None
                entry = at(source.tree, "f")
                assert getattr(entry, "size", None) == number

    asyncio.run(main())


def test_links_are_links_even_in_a_circle(tmp_path: Path) -> None:
    def work() -> None:
        (tmp_path / "d").mkdir()
        (tmp_path / "d" / "up").symlink_to("..")
        (tmp_path / "etc").symlink_to("/etc")

    assert watched(tmp_path, work) == {"d", "d/up", "etc"}


def test_what_is_ignored_is_not_even_watched(tmp_path: Path) -> None:
    (tmp_path / "node_modules" / "a").mkdir(parents=True)
    rule = Filter([Layer("ignore", DockerPatterns(["node_modules"]))])

    def work() -> None:
        (tmp_path / "node_modules" / "a" / "f").write_text("x")
        (tmp_path / "g").write_text("x")

    assert watched(tmp_path, work, rule) == {"g"}


FLOOD = """
import os, signal, sys
root, pid = sys.argv[1], int(sys.argv[2])
os.kill(pid, signal.SIGSTOP)
for number in range(20001):
    os.close(os.open(f"{root}/{number}", os.O_CREAT | os.O_WRONLY))
os.kill(pid, signal.SIGCONT)
"""
WATCH = """
import asyncio, sys
from pathlib import Path
from tests.sync.watches import ALL, caught_up, watching

async def main(root):
    async with watching(root) as source:
        print("watching", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        await caught_up(source)
        print(len(source.tree.entries), source._watcher.overflows, flush=True)

asyncio.run(main(Path(sys.argv[1])))
"""


def test_nothing_is_lost_when_the_kernel_drops_events(tmp_path: Path) -> None:
    """More events than the kernel's queue holds, while the watcher stands still."""
    with subprocess.Popen(
        [sys.executable, "-c", WATCH, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "watching\n"
        subprocess.run([sys.executable, "-c", FLOOD, str(tmp_path), str(process.pid)], check=True)
        process.stdin.write("go on\n")
        process.stdin.flush()
        seen, overflows = process.stdout.readline().split()
        process.send_signal(signal.SIGTERM)
    assert (int(seen), int(overflows) > 0) == (20001, True)


def leave_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the system refuse to watch a folder called unlucky."""
    real = Inotify.add

    def add(self: Inotify, path: str, mask: int = MASK) -> int:
        if path.endswith("unlucky"):
            raise OSError(errno.ENOSPC, "No space left on device", path)
        return real(self, path, mask)

    monkeypatch.setattr(Inotify, "add", add)


def test_without_room_for_a_watch_the_folder_is_polled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "watched").mkdir()
    (tmp_path / "unlucky").mkdir()
    leave_no_room(monkeypatch)

    async def main() -> set[str]:
        async with watching(tmp_path) as source:
            assert source.unwatched == {"unlucky"}
            (tmp_path / "unlucky" / "f").write_text("x")
            async with asyncio.timeout(10):
                await source.newer_than(source.revision)
            return paths(source)

    assert asyncio.run(main()) == {"watched", "unlucky", "unlucky/f"}


@pytest.mark.parametrize("place", ["unlucky", ""], ids=["without a watch", "made just now"])
def test_what_is_polled_is_looked_at_before_it_is_said_to_be_caught_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    leave_no_room(monkeypatch)
    monkeypatch.setattr("devenv.sync.watch.source.POLL", 3600.0)
    root = tmp_path / "root"
    if place:
        (root / place).mkdir(parents=True)

    async def main() -> set[str]:
        async with watching(root) as source:
            (root / place).mkdir(parents=True, exist_ok=True)
            (root / place / "f").write_text("x")
            await caught_up(source)
            return paths(source)

    assert os.path.join(place, "f") in asyncio.run(main())


LIMITED = """
import asyncio, os, sys
from pathlib import Path
from tests.sync.watches import caught_up, paths, watching
from devenv.sync.watch import inotify
from devenv.sync.watch.source import topmost

LIMIT = "/proc/sys/user/max_inotify_watches"

def limit(number):
    with open(LIMIT, "w") as file:
        file.write(str(number))

async def main(root):
    limit(20)
    async with watching(root) as source:
        watches = source._watcher._places
        way = len(watches) - len(source._watcher.numbers(source))
        before = way, len(watches), len(source.unwatched), len(topmost(source.unwatched))
        (root / "d39" / "inner" / "f").write_text("x")
        (root / "d0" / "inner" / "f").write_text("x")
        async with asyncio.timeout(10):
            while len({"d39/inner/f", "d0/inner/f"} & paths(source)) < 2:
                await source.newer_than(source.revision)
        spare = inotify.Inotify()
        spare.add("/")
        limit(1000)
        async with asyncio.timeout(10):
            while source.unwatched:
                await source.newer_than(source.revision)
        print(*before, len(watches))

asyncio.run(main(Path(sys.argv[1])))
"""


def test_the_limit_of_the_system_is_not_taken_whole(tmp_path: Path) -> None:
    """In a user namespace, which has a limit of its own; the rest is polled until it is raised."""
    for number in range(40):
        (tmp_path / f"d{number}" / "inner").mkdir(parents=True)
    found = subprocess.run(
        ["unshare", "--user", "--map-root-user", sys.executable, "-c", LIMITED, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    way, watched_first, unwatched, topmost, watched_last = map(int, found.stdout.split())
    assert (watched_first, unwatched, watched_last) == (18, 63 + way, 81 + way)
    assert 0 < topmost <= 40


def test_a_source_around_our_own_folder_takes_nothing_from_it(tmp_path: Path) -> None:
    async def main() -> None:
        watcher = Watcher(str(tmp_path / "cookies"))
        source = Source(str(tmp_path), lambda _: ALL, watcher)
        task = asyncio.create_task(source.run())
        await caught_up(source)
        task.cancel()
        await asyncio.wait([task])
        async with asyncio.timeout(10):
            await watcher.barrier()
        watcher.close()

    asyncio.run(main())


def test_a_deletion_of_many_files_is_one_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, real = asyncio.Event(), losing.lost

    def lost(before: Folder | None, now: Folder | None) -> int:
        count = real(before, now)
        if count:
            begun.set()
        return count

    monkeypatch.setattr(losing, "lost", lost)
    for number in range(60):
        (tmp_path / f"f{number}").write_text("x")

    async def main() -> int:
        async with watching(tmp_path, cookies=f"{tmp_path}.cookies") as source, asyncio.timeout(15):
            before = source.revision
            for number in range(30):
                (tmp_path / f"f{number}").unlink()
            await begun.wait()
            for number in range(30, 60):
                (tmp_path / f"f{number}").unlink()
            await caught_up(source)
            assert paths(source) == set()
            return source.revision - before

    assert asyncio.run(main()) == 1


def test_a_git_operation_is_one_batch(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    lock = tmp_path / ".git" / "index.lock"
    rule = Filter([Layer("ignore", DockerPatterns([".git"]))])

    async def main() -> int:
        async with watching(tmp_path, rule) as source:
            before = source.revision
            lock.write_text("")
            for number in range(30):
                (tmp_path / f"f{number}").write_text("x")
                await asyncio.sleep(0.01)
            lock.unlink()
            await caught_up(source)
            assert len(paths(source)) == 30
            return source.revision - before

    assert asyncio.run(main()) == 1


def test_what_cannot_be_sent_says_why(tmp_path: Path) -> None:
    async def main() -> Folder | None:
        async with watching(tmp_path) as source:
            os.mkfifo(tmp_path / "pipe")
            await caught_up(source)
            return source.tree

    tree = asyncio.run(main())
    assert tree is not None
    assert "neither" in getattr(at(tree, "pipe"), "why", "")
