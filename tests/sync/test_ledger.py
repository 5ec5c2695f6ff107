"""What a target has outlives the daemon that knew it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devenv.sync import link as links
from devenv.sync.batch import Batch
from devenv.sync.diff import changes
from devenv.sync.ledger import Ledger
from devenv.sync.tree import EMPTY, Edit, Entry, File, Folder, Link, edited
from tests.sync.worlds import WEB, world

NAMES = st.sampled_from(["a", "b", "with space", "\udcff", "new\nline"])
LEAVES = st.one_of(
    st.builds(
        File,
        st.integers(0, 9),
        st.integers(0, 9),
        st.integers(1, 9),
        st.just(0o644),
        st.integers(0, 9),
        st.just(0),
    ),
    st.builds(Link, st.sampled_from(["a", "../x", "\udcff"])),
)
ENTRIES: st.SearchStrategy[Entry] = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        Folder, st.sampled_from([0o700, 0o755]), st.just(1), st.dictionaries(NAMES, inner)
    ),
    max_leaves=12,
)
TREES = st.builds(Folder, st.just(0o755), st.just(0), st.dictionaries(NAMES, ENTRIES))


@given(trees=st.lists(TREES, min_size=1, max_size=4))
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, trees: list[Folder]
) -> None:
    ledger = Ledger(tmp_path_factory.mktemp("ledger") / "sync" / "web", "c1")
    first, *later = trees
    ledger.begin(first)
    now = first
    for tree in later:
        edits = []
        modes = {}
        for change in changes(now, tree):
            if isinstance(change.old, Folder) and isinstance(change.new, Folder):
                modes[change.path] = change.new.mode
            else:
                edits.append(Edit(change.path, change.new))
        ledger.add(edits, modes)
        now = tree
        assert ledger.read() == edited(now, [])


def test_another_container_has_nothing_of_it(tmp_path: Path) -> None:
    Ledger(tmp_path / "web", "c1").begin(EMPTY)
    assert Ledger(tmp_path / "web", "c2").read() is None


@pytest.mark.parametrize("left", range(0, 160, 7))
def test_a_torn_ledger_is_no_obstacle(tmp_path: Path, left: int) -> None:
    path = tmp_path / "web"
    tree = Folder(entries={"a": File(1, 2, 3, 0o644), "b": Folder(entries={"c": Link("a")})})
    Ledger(path, "c1").begin(tree)
    path.write_bytes(path.read_bytes()[:left])
    found = Ledger(path, "c1").read()
    assert found is None or not [c for c in changes(tree, found) if c.new is not None]


def _delete(source: Path) -> None:
    (source / "gone").unlink()


def _change(source: Path) -> None:
    (source / "gone").write_text("changed while nobody looked")


@pytest.mark.parametrize("work", [_delete, _change])
def test_what_happened_while_no_daemon_lived_is_carried_over(
    tmp_path: Path, work: Callable[[Path], None]
) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            (one.source / "kept").write_text("1")
            (one.source / "gone").write_text("1")
            await one.same()
        (tmp_path / "dst" / "kept").write_text("by the container")
        work(tmp_path / "src")
        async with world(tmp_path) as one:
            await one.settled()
            assert (one.target / "gone").exists() == (one.source / "gone").exists()
            assert (one.target / "kept").read_text() == "by the container"
            (mirror,) = one.session.copies[WEB].mirrors.values()
            assert [conflict.path for conflict in mirror.target.conflicts] == ["kept"]

    asyncio.run(main())


def test_what_arrived_when_the_daemon_was_killed_is_known_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = links.Link.send

    async def unanswered(link: links.Link, batch: Batch) -> None:
        await send(link, batch)
        await asyncio.get_running_loop().create_future()

    async def main() -> None:
        async with world(tmp_path) as one:
            (one.target / "own").write_text("by the container")
            with monkeypatch.context() as patched:
                patched.setattr(links.Link, "send", unanswered)
                (one.source / "d").mkdir()
                (one.source / "d" / "f").write_text("1")
                await one.until((one.target / "d" / "f").exists)
                one.stop()
        (tmp_path / "src" / "d" / "f").unlink()
        async with world(tmp_path) as one:
            await one.same_but("own")

    asyncio.run(main())
