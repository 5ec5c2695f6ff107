"""When a save is whole: what is renamed into place is not waited for, what is moved aside is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from devenv.model.sync import SyncRule
from devenv.sync.strand import Strand
from devenv.sync.watch import coalesce
from devenv.sync.watch.watcher import Watcher
from tests.sync.watches import caught_up, paths, watching


@pytest.mark.parametrize("written_as", [".f.new", "f~"])
def test_a_save_by_rename_is_seen_at_once(
    written_as: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_everything(monkeypatch)
    (tmp_path / "f").write_text("old")

    async def main() -> None:
        async with watching(tmp_path) as source:
            before = source.revision
            (tmp_path / written_as).write_text("new one")
            (tmp_path / written_as).rename(tmp_path / "f")
            async with asyncio.timeout(15):
                await source.newer_than(before)
            assert paths(source) == {"f"}

    asyncio.run(main())


@pytest.mark.parametrize("known", [{"f"}, {"f", "f~"}])
def test_a_file_that_is_moved_aside_to_be_saved_is_not_seen_to_be_gone(
    known: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_everything(monkeypatch)
    for name in known:
        (tmp_path / name).write_text("old")

    async def main() -> None:
        watcher = Watcher(f"{tmp_path}.cookies")
        async with watching(tmp_path, watcher=watcher) as source:
            (tmp_path / "f").rename(tmp_path / "f~")
            await watcher.barrier()
            for _ in range(10):
                await asyncio.sleep(0)
            assert paths(source) == known

    asyncio.run(main())


def test_where_something_is_done_after_a_save_others_of_it_may_follow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_everything(monkeypatch)
    (tmp_path / "f").write_text("old")

    async def main() -> None:
        watcher = Watcher(f"{tmp_path}.cookies")
        source = Strand(SyncRule(str(tmp_path), restart=True), watcher).source
        task = asyncio.create_task(source.run())
        await caught_up(source)
        before = source.revision
        (tmp_path / ".f.new").write_text("new one")
        (tmp_path / ".f.new").rename(tmp_path / "f")
        await watcher.barrier()
        for _ in range(10):
            await asyncio.sleep(0)
        assert source.revision == before
        task.cancel()
        await asyncio.wait([task])
        watcher.close()

    asyncio.run(main())


def hold_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have all that is not seen at once wait for longer than a test takes."""
    monkeypatch.setattr(coalesce, "SETTLE", 60.0)
    monkeypatch.setattr(coalesce, "CAP", 60.0)
