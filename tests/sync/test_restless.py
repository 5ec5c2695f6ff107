"""Files that change whenever they are read, or cannot be: the rest does not wait for them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from devenv.sync.batch import Batch
from devenv.sync.diff import changes
from devenv.sync.ignore import Filter
from devenv.sync.reading import PIECE, Opened
from devenv.sync.restless import AT_ONCE, LONGEST, Restless, changed
from devenv.sync.scan import Scanner
from devenv.sync.tree import EMPTY, Entry
from tests.sync.worlds import WEB, World, listing, world


def problems(one: World) -> dict[str, str]:
    return next(iter(one.session.copies[WEB].mirrors.values())).target.problems


def test_a_file_is_tried_at_once_a_few_times_then_later_and_later() -> None:
    one: Restless | None = None
    pauses: list[float] = []
    for _ in range(12):
        one = changed(one, 100.0)
        pauses.append(one.until - 100.0)
    assert pauses[: AT_ONCE + 3] == [0.0, 0.0, 0.25, 0.5, 1.0]
    assert pauses[-1] == LONGEST


def test_a_file_that_changes_whenever_it_is_read_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, real, rests = tmp_path / "src" / "log", Opened.is_same, list[bool]()

    def is_same(opened: Opened) -> bool:
        if opened.entry.size > PIECE and not rests:
            with log.open("ab") as file:
                file.write(b"more")
        return real(opened)

    monkeypatch.setattr(Opened, "is_same", is_same)

    async def main() -> None:
        async with world(tmp_path) as one:
            log.write_bytes(bytes(2 * PIECE))
            await one.until(lambda: "log" in problems(one))
            (one.source / "other").write_text("1")
            await one.settled()
            assert sorted(listing(one.target)) == ["other"]
            assert "log" in problems(one)
            rests.append(True)
            await one.until(lambda: listing(one.target) == listing(one.source))
            await one.until(lambda: not problems(one))

    asyncio.run(main())


def test_a_large_file_that_has_changed_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "log").write_bytes(bytes(3 * PIECE))
    monkeypatch.setattr(Opened, "is_same", lambda _: False)
    tree = Scanner(str(tmp_path), Filter([]), lambda _: None).whole()
    batch = Batch(str(tmp_path), list(changes(EMPTY, tree)))
    assert [frame.verb for frame in batch.frames()] == ["part", "batch"]
    assert batch.unsettled == ["log"]


def test_a_new_folder_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Scanner._entries

    def entries(scanner: Scanner, prefix: str, folder: int) -> dict[str, Entry]:
        if prefix == "new/secret/":
            raise PermissionError(13, "Permission denied")
        return real(scanner, prefix, folder)

    monkeypatch.setattr(Scanner, "_entries", entries)

    async def main() -> None:
        async with world(tmp_path) as one:
            (one.source / "new" / "secret").mkdir(parents=True)
            (one.source / "new" / "a").write_text("1")
            await one.settled()
            assert problems(one) == {"new/secret": "Permission denied"}
            (one.source / "b").write_text("1")
            await one.settled()
            assert problems(one) == {"new/secret": "Permission denied"}
            assert sorted(listing(one.target)) == ["b", "new", "new/a"]

    asyncio.run(main())
