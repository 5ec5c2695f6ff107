"""What is taken out of a view of logs: copied, or saved to a file."""

from __future__ import annotations

import itertools
from collections.abc import Generator
from pathlib import Path

from devenv.tui.widgets.log_saving import Saving
from tests.tui.logbook import logbook


def numbered(first: int, last: int) -> list[bytes]:
    return [b"line %d" % number for number in range(first, last + 1)]


async def test_lines_are_selected_and_copied(tmp_path: Path) -> None:
    async with logbook(tmp_path, b"\x1b[31mred\x1b[0m", b"x" * 200, b"last") as book:
        await book.until_seen("last")
        await book.press("v", "k", "k", "y")
        assert book.pilot.app.clipboard == "red\n" + "x" * 200 + "\nlast"
        await book.press("y")
        assert book.pilot.app.clipboard == "red"


async def test_a_selection_ends_once_it_is_copied_or_saved(tmp_path: Path) -> None:
    async with logbook(tmp_path / "logs", b"first", b"", b"last") as book:
        await book.until_seen("last")
        await book.press("up", "v", "y")
        assert book.pilot.app.clipboard == ""
        assert "1 line copied" in book.told
        assert "selecting" not in book.status
        await book.press("v", "up")
        await book.until(lambda: "selecting" in book.status)
        await book.answer("s", str(tmp_path / "saved.txt"))
        assert (tmp_path / "saved.txt").read_text() == "first\n\n"
        await book.until(lambda: "selecting" not in book.status)


async def test_what_the_mouse_selects_is_copied(tmp_path: Path) -> None:
    async with logbook(tmp_path, b"first line", b"second line") as book:
        await book.until_seen("second line")
        await book.pilot.mouse_down(book.view.lines, offset=(6, 0))
        await book.pilot.hover(book.view.lines, offset=(5, 1))
        await book.pilot.mouse_up(book.view.lines, offset=(5, 1))
        assert "held" in book.status or not book.view.lines.window.following
        await book.press("y")
        assert book.pilot.app.clipboard == "first line\nsecond line"
        await book.pilot.mouse_down(book.view.lines, offset=(6, 0))
        await book.pilot.hover(book.view.lines, offset=(9, 0))
        await book.pilot.mouse_up(book.view.lines, offset=(9, 0))
        await book.press("y")
        assert book.pilot.app.clipboard == "line"


async def test_lines_that_the_mouse_selects_are_copied_whole(tmp_path: Path) -> None:
    async with logbook(tmp_path, width=20) as book:
        book.write("web", b"first " * 20)
        book.write("db", b"second " * 20)
        book.write("db", b"third")
        book.open()
        await book.until_seen("db  │ third")
        await book.pilot.mouse_down(book.view.lines, offset=(8, 0))
        await book.pilot.hover(book.view.lines, offset=(9, 1))
        await book.pilot.mouse_up(book.view.lines, offset=(9, 1))
        await book.press("y")
        assert book.pilot.app.clipboard == "\n".join(
            ["web │ " + "first " * 20, "db  │ " + "second " * 20]
        )
        assert "2 lines copied" in book.told


async def test_what_is_shown_is_saved_and_no_file_overwritten(tmp_path: Path) -> None:
    async with logbook(tmp_path / "logs") as book:
        book.write("web", *numbered(1, 500))
        book.open()
        await book.answer("ampersand", "0$")
        file = tmp_path / "saved.txt"
        await book.answer("s", str(file))
        await book.until(file.exists)
        await book.until(lambda: "50 lines saved" in book.told)
        assert file.read_text() == "".join(f"line {number}\n" for number in range(10, 501, 10))
        await book.answer("s", str(file))
        await book.until(lambda: f"{file}: File exists" in book.told)
        assert len(file.read_text().split()) == 100


async def test_it_is_seen_how_far_a_file_is_and_escape_ends_it(tmp_path: Path) -> None:
    async with logbook(tmp_path / "logs", *numbered(1, 500)) as book:
        await book.until_seen("line 500")
        book.view.chores.start("find", itertools.repeat(None))
        file = tmp_path / "saved.txt"
        await book.answer("s", str(file))
        await book.until(lambda: "saving 0%: escape ends it" in book.status)
        await book.answer("s", str(tmp_path / "other.txt"))
        assert f"{file} is being saved still" in book.told
        await book.press("escape", "escape")
        assert f"{file}: not saved" in book.told
        await book.until(lambda: "saving" not in book.status)
        book.view.chores.stop("find")
        await book.until(lambda: not book.view.chores.is_at("save"))
        assert not file.exists()


async def test_a_file_is_written_in_small_pieces_and_half_of_one_removed(tmp_path: Path) -> None:
    async with logbook(tmp_path / "logs", *numbered(1, 1_000)) as book:
        await book.until_seen("line 1000")
        saving = Saving(tmp_path / "saved", book.view.reading.document, book.view.lines.look)
        pieces = saving.steps()
        written = [saving.count for _ in itertools.islice(pieces, 10)]
        assert max(after - before for before, after in itertools.pairwise(written)) <= 100
        assert 0 < saving.share < 1
        assert saving.path.exists()
        assert isinstance(pieces, Generator)
        pieces.close()
        assert not saving.path.exists()


async def test_a_home_that_nobody_has_is_told_and_can_be_put_right(tmp_path: Path) -> None:
    async with logbook(tmp_path, *numbered(1, 3)) as book:
        await book.answer("s", "~nobody-of-this-name/saved.txt")
        await book.until(lambda: "~nobody-of-this-name/saved.txt: nobody" in book.told)
        assert book.view.prompt.display


async def test_a_file_without_a_name_is_asked_for_again(tmp_path: Path) -> None:
    async with logbook(tmp_path, *numbered(1, 3)) as book:
        await book.answer("s", "")
        await book.until(lambda: "a file needs a name" in book.told)
        assert book.view.prompt.display
