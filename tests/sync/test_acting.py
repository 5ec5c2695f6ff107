"""What a change leads to beside the copy: once, told, and never in a circle."""

from __future__ import annotations

import asyncio
from pathlib import Path

from devenv.sync.guard import TIMES
from tests.sync.worlds import world


def test_a_change_is_acted_on_once_and_names_its_paths(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path, restart=True) as one:
            assert one.shells.acted == []
            (one.source / "a").write_text("1")
            await one.settled()
            assert one.shells.acted == [("a",)]
            assert (one.target / "a").exists()

    asyncio.run(main())


def test_a_file_that_changes_again_before_it_is_acted_on_is_named_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path, restart=True, debounce=3600.0) as one:
            for text in ("1", "2"):
                (one.source / "a").write_text(text)
                await one.same()
            (strand,) = one.session.strands
            assert strand.pending == ["a"]

    asyncio.run(main())


def test_an_action_that_fails_never_ends_the_session(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path, rebuild=True, target="") as one:
            one.shells.refusal = "the build failed"
            for text in "12":
                (one.source / "a").write_text(text)
                await one.settled()
            assert len(one.shells.acted) == 2
            assert "the build failed" in one.shells.notes[-1]

    asyncio.run(main())


def test_a_service_that_writes_into_what_restarts_it_is_stopped_from_spinning(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with world(tmp_path, restart=True, target="") as one:
            for number in range(TIMES + 4):
                (one.source / "log").write_text(str(number))
                await one.settled()
            assert len(one.shells.acted) == TIMES
            assert "log changes each time" in one.shells.notes[-1]
            assert len(one.shells.notes) == 1
            one.session.accept()
            await one.until(lambda: len(one.shells.acted) == TIMES + 1)


def test_what_was_saved_while_a_rule_is_kept_waiting_is_done_after_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path, restart=True, target="") as one:
            for number in range(TIMES + 1):
                (one.source / f"a{number}").write_text("")
                await one.settled()
            assert len(one.shells.acted) == TIMES
            await one.until(lambda: one.shells.acted[TIMES:] == [(f"a{TIMES}",)])

    asyncio.run(main())
