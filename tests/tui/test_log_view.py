"""The view of logs under its keys, over real stores."""

from __future__ import annotations

import functools
import os
from pathlib import Path

from textual import events

from devenv.tui.widgets.log_pulse import Pulse
from devenv.tui.widgets.log_status import Status, status_line
from tests.tui.logbook import logbook


def numbered(first: int, last: int) -> list[bytes]:
    return [b"line %d" % number for number in range(first, last + 1)]


async def test_it_follows_what_is_written(tmp_path: Path) -> None:
    async with logbook(tmp_path, *numbered(1, 20)) as book:
        await book.until_seen(*(f"line {number}" for number in range(13, 21)))
        book.write("web", b"more")
        await book.until_seen("line 20", "more")
        assert "following" in book.status


async def test_going_up_holds_and_the_end_follows_again(tmp_path: Path) -> None:
    async with logbook(tmp_path, *numbered(1, 20)) as book:
        await book.until_seen("line 20")
        await book.press("up")
        before = book.rows
        book.write("web", *numbered(21, 23))
        await book.until(lambda: "held, 3 new" in book.status)
        assert book.rows[:-1] == before[:-1]
        await book.press("down", "down")
        assert [row for row in book.rows if "── new" in row]
        await book.press("G")
        await book.until_seen("line 22", "line 23")
        assert "following" in book.status
        assert not [row for row in book.rows if "── new" in row]


async def test_the_wheel_holds_and_reaches_the_end_again(tmp_path: Path) -> None:
    async with logbook(tmp_path, *numbered(1, 20)) as book:
        await book.until_seen("line 20")
        lines = book.view.lines
        await book.pilot._post_mouse_events([events.MouseScrollUp], lines, (2, 2), button=0)
        await book.until_seen("line 16", "line 17")
        assert "held" in book.status
        await book.pilot._post_mouse_events([events.MouseScrollDown], lines, (2, 2), button=0)
        await book.until_seen("line 20")
        assert "following" in book.status


async def test_services_are_merged_by_time_with_their_names(tmp_path: Path) -> None:
    async with logbook(tmp_path) as book:
        book.write("web", b"one")
        book.write("db", b"two")
        book.write("web", b"three")
        book.open()
        await book.until_seen("web │ one", "db  │ two", "web │ three")
        book.view.show(["db"])
        await book.until_seen("two")
        assert book.rows[0] == "two"
        book.view.show(None)
        await book.until_seen("web │ one", "db  │ two", "web │ three")


async def test_a_search_goes_from_match_to_match_and_counts(tmp_path: Path) -> None:
    async with logbook(tmp_path, *numbered(1, 300)) as book:
        await book.answer("slash", r"line \d*7$")
        await book.until(lambda: "30 of 30" in book.status)
        assert book.view.lines.window.cursor == (0, 296)
        await book.press("N")
        await book.until(lambda: "29 of 30" in book.status)
        await book.press("n", "n")
        await book.until(lambda: "1 of 30" in book.status)
        assert "line 7" in book.rows
        await book.press("escape")
        assert "of 30" not in book.status


async def test_a_match_is_brought_into_view_sideways(tmp_path: Path) -> None:
    far = b"x" * 100 + b" needle " + b"y" * 100
    folded = [b"Error: no", b"  at " + b"z" * 200 + b" needle (a.js:1)"]
    async with logbook(tmp_path, b"near needle", far, *folded, b"last", width=40) as book:
        await book.answer("slash", "needle")
        await book.until(lambda: [row for row in book.rows if "z needle (a.js:1)" in row])
        await book.until(lambda: "from column" in book.status)
        await book.press("N")
        await book.until(lambda: [row for row in book.rows if "x needle y" in row])
        await book.press("N")
        await book.until(lambda: "near needle" in book.rows)
        assert "from column" not in book.status


async def test_it_is_told_that_lines_begin_further_right_and_to_follow_ends_that(
    tmp_path: Path,
) -> None:
    async with logbook(tmp_path, b"0123456789" * 9, b"last") as book:
        await book.until_seen("last")
        await book.press("up", "right", "right")
        assert "from column 17" in book.status
        await book.press("w")
        assert "from column" not in book.status
        await book.press("w", "f")
        await book.until_seen("last")
        assert "from column" not in book.status


async def test_a_search_goes_on_within_what_is_folded(tmp_path: Path) -> None:
    async with logbook(
        tmp_path, b"Error: no", b"  at one (a.js:1)", b"  at one (b.js:1)", b"last one"
    ) as book:
        await book.answer("slash", "one")
        await book.until(lambda: "3 of 3" in book.status)
        for key, told in zip("NNNnnn", "213123", strict=True):
            await book.press(key)
            await book.until(functools.partial(book.says, f"/one/ {told} of 3"))


async def test_what_cannot_be_found_is_told_and_what_is_no_expression_too(tmp_path: Path) -> None:
    async with logbook(tmp_path, *numbered(1, 30)) as book:
        await book.answer("slash", "nothing")
        await book.until(lambda: "no line matches" in book.told)
        await book.answer("slash", "(")
        await book.until(lambda: "not a regular" in book.told)
        assert book.view.prompt.display
        await book.press("escape")
        assert not book.view.prompt.display
        assert book.view.lines.has_focus


async def test_an_expression_that_takes_too_long_is_taken_back(tmp_path: Path) -> None:
    async with logbook(tmp_path, b"X" * 50, b"last") as book:
        for key in ("slash", "ampersand", "exclamation_mark"):
            book.app.told.clear()
            await book.answer(key, "(X+X+)+Y")
            await book.until(lambda: book.told == "this expression takes too long: (X+X+)+Y")
            await book.until_seen("X" * 50, "last")
            assert "X+" not in book.status


async def test_filters_leave_lines_out_and_new_ones_too(tmp_path: Path) -> None:
    async with logbook(tmp_path, *numbered(1, 30)) as book:
        await book.answer("ampersand", "[15]$")
        await book.answer("exclamation_mark", "2")
        await book.until_seen("line 1", "line 5", "line 11", "line 15")
        assert "only /[15]$/ · without /2/" in book.status
        book.write("web", b"line 31", b"line 32", b"line 35")
        await book.until_seen("line 15", "line 31", "line 35")
        await book.press("escape")
        await book.until_seen("line 32", "line 35")


async def test_times_wrapping_and_shifting_change_what_is_seen(tmp_path: Path) -> None:
    async with logbook(tmp_path, b"0123456789" * 4, width=20) as book:
        await book.until_seen("012345678901234567›")
        await book.press("right")
        assert book.rows[0] == "890123456789012345›"
        await book.press("left", "w")
        assert book.rows[:3] == ["0123456789012345678", "9012345678901234567", "89"]
        await book.press("w", "t")
        assert book.rows[0][8] == "."
        assert book.rows[0].endswith(" 01234›")


async def test_traces_and_json_are_unfolded_on_demand(tmp_path: Path) -> None:
    async with logbook(tmp_path) as book:
        book.write("web", b"Traceback (most recent call last):", b'  File "a.py", line 1', b"E: no")
        book.write("web", b'{"level": "info", "list": [1]}')
        book.open()
        await book.until_seen(
            "Traceback (most recent call last):  ⋯ 1 lines",
            *("E: no", '{"level": "info", "list": [1]}'),
        )
        await book.press("k", "j", "enter")
        assert '    "level": "info",' in book.rows
        await book.press("enter")
        await book.answer("slash", "a.py")
        await book.until(lambda: any("File" in row for row in book.rows))
        await book.press("z")
        assert book.rows[1] == '  File "a.py", line 1'


async def test_marks_are_gone_to_and_outlive_another_choice(tmp_path: Path) -> None:
    async with logbook(tmp_path) as book:
        book.write("web", *numbered(1, 40))
        book.write("db", b"other")
        book.open()
        await book.until_seen("db  │ other")
        await book.press("g", "m", "down", "down", "m", "G", "apostrophe")
        assert book.view.lines.window.cursor == (0, 0)
        await book.press("apostrophe")
        assert book.view.lines.window.cursor == (0, 2)
        assert "● web │ line 3" in book.rows
        assert "  web │ line 4" in book.rows
        book.view.show(["web"])
        await book.until(lambda: "● line 3" in book.rows)


async def test_marks_and_place_are_those_of_lines_when_one_service_is_shown(tmp_path: Path) -> None:
    async with logbook(tmp_path, height=16) as book:
        for number in range(1, 31):
            book.write("web", b"web %d" % number)
            book.write("db", b"db %d" % number)
        book.open()
        await book.until_seen("db  │ db 30")
        await book.press("g", "m", *["down"] * 5, "m", "down", "m", *["down"] * 4, "up")
        before = book.rows
        assert [row for row in before if "●" in row] == [
            "● web │ web 1",
            "● db  │ db 3",
            "● web │ web 4",
        ]
        book.view.show(["web"])
        await book.until(lambda: "1 mark hidden" in book.status)
        assert [row for row in book.rows if "●" in row] == ["● web 1", "● web 4"]
        lines = book.view.lines
        assert lines.entry(lines.window.cursor or (0, 0)).line[2] == b"web 6"
        assert lines.marks == {(0, 0), (0, 3)}
        book.view.show(["db"])
        await book.until(lambda: "2 marks hidden" in book.status)
        book.view.show(None)
        await book.until(lambda: "hidden" not in book.status)
        assert book.rows == before
        assert lines.entry(lines.window.cursor or (0, 0)).line[2] == b"db 5"


async def test_a_mark_that_a_filter_hides_is_counted_and_not_gone_to(tmp_path: Path) -> None:
    async with logbook(tmp_path, *numbered(1, 40)) as book:
        await book.press("g", "m", "down", "m", "up")
        await book.answer("ampersand", "2$")
        await book.until(lambda: "1 mark hidden" in book.status)
        await book.press("apostrophe")
        assert book.view.lines.window.cursor == (0, 1)
        await book.press("apostrophe")
        assert book.view.lines.window.cursor == (0, 1)
        await book.press("escape")
        await book.until(lambda: "hidden" not in book.status)
        assert book.rows[:2] == ["● line 1", "● line 2"]


async def test_a_time_is_gone_to(tmp_path: Path) -> None:
    async with logbook(tmp_path, *numbered(1, 100)) as book:
        await book.answer("at", "1700000042")
        assert book.rows[0] == "line 42"


async def test_what_is_new_is_counted_behind_a_filter_too(tmp_path: Path) -> None:
    async with logbook(tmp_path, *numbered(1, 20)) as book:
        await book.until_seen("line 20")
        await book.press("up")
        book.write("web", *numbered(21, 23))
        await book.until(lambda: "held, 3 new" in book.status)
        await book.answer("ampersand", "[13]$")
        await book.until(lambda: "held, 2 new" in book.status)


def test_a_number_that_is_a_guess_is_marked() -> None:
    status = Status(following=False, new=8, is_new_counted=False, total=900)
    assert str(status_line(status)) == "‖ held, ≈ 8 new · ≈ 900 lines"
    status = Status(following=False, new=8, total=900)
    assert str(status_line(status)) == "‖ held, 8 new · ≈ 900 lines"


async def test_a_time_after_all_lines_is_told(tmp_path: Path) -> None:
    async with logbook(tmp_path, *numbered(1, 3)) as book:
        await book.answer("at", "1700000003")
        assert book.told == ""
        await book.answer("at", "1700000042")
        assert book.told == "no line since then"


async def test_what_is_no_time_is_told_as_it_was_typed(tmp_path: Path) -> None:
    async with logbook(tmp_path, *numbered(1, 3)) as book:
        await book.answer("at", "99:99")
        await book.until(lambda: "not a time: '99:99'" in book.told)


async def test_what_the_quota_takes_disappears_without_harm(tmp_path: Path) -> None:
    async with logbook(tmp_path) as book:
        book.quota = 200_000
        book.write("web", *numbered(1, 1_000))
        book.open()
        await book.press("g")
        await book.until(lambda: book.rows[0] == "line 1")
        book.write("web", *numbered(1_001, 20_000))
        await book.until(lambda: "new" in book.status)
        book.view.lines.window.document._kept.clear()
        await book.press("down", "up", "pagedown")
        assert int(book.rows[0].split()[1]) > 1_000
        await book.press("G")
        await book.until_seen("line 20000")


async def test_nothing_runs_while_nothing_comes_and_nothing_stays_open(tmp_path: Path) -> None:
    before = set(os.listdir("/proc/self/fd"))
    async with logbook(tmp_path, *numbered(1, 1_000)) as book:
        pulse = book.view._pulse
        assert isinstance(pulse, Pulse)
        await book.until(lambda: "1,000 lines" in book.status and pulse._timer is None)
        await book.until(lambda: not book.view.reading.to_count(None))
        book.write("web", b"woken")
        await book.until_seen("woken")
    assert len(set(os.listdir("/proc/self/fd")) - before) <= 1
