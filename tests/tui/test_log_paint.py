"""From bytes to rows of the screen: nothing but text and colours, whatever a service writes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from devenv.logs.find import Finder
from devenv.logs.segment import NOTE, STDOUT
from devenv.tui.widgets.log_paint import Entry, Look, paint, plain, shifted
from devenv.tui.widgets.log_text import LONGEST, body

RED, BOLD = Style(color="red"), Style(bold=True)
LOOK = Look(width=40, styles={"error": RED, "match": BOLD, "note": Style(italic=True)})

HOSTILE = [
    b"\x1b]52;c;ZXZpbA==\x07clipboard",
    b"\x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\",
    b"\x1b[2J\x1b[Hcleared",
    b"\x1b[?1049h\x1b[?1000hmodes",
    b"\x1bPq#0;2;0;0;0#0~~@@\x1b\\sixel",
    b"\x1b_Gf=24;AAAA\x1b\\kitty",
    b"\x1b[5;5Hmoved\x1b[1A\x1b[K",
    b"\x1b[6n\x1b[c\x1bZasked",
    b"\x9b31m\x9d0;c1\x9c",
    "\u009b2J\u0090dcs\u009c".encode(),
    b"\x1b[38;5m\x1b[38;2;1m\x1b[38;2;999;999;999m\x1b[;;;m\x1b[4:3mcolours",
    b"\x1b[" + b"1;" * 5_000 + b"mlong",
    b"a\rb\rc\x08\x08\x7f\x00",
    b"\xff\xfe\x80 no UTF-8 \xc3",
    "\u202egnp.exe \u2066 \u2028 \u2029 \u0085".encode(),
    "wide 漢字 e\u0301\u0301\u0301 👩‍👩‍👧".encode(),
    b"\x1b",
    b"",
    b"\t\ttabs\tand\x0bfeeds\x0c",
    b"x" * 1_000_000,
    b"\x1b[31m" * 20_000 + b"red",
    b"[" * 60_000,
]
controls = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")


def shown(line: bytes, look: Look = LOOK, stream: int = STDOUT) -> list[str]:
    return [row.text for row in paint(Entry("web", (0, stream, line)), look)]


@pytest.mark.parametrize("look", [LOOK, replace(LOOK, wrap=True), replace(LOOK, json=True, left=7)])
@pytest.mark.parametrize("line", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_lines_do_nothing_but_show_themselves(line: bytes, look: Look) -> None:
    for row in paint(Entry("web", (0, STDOUT, line)), look):
        assert not controls.search("".join(segment.text for segment in row.strip))
        assert not any(segment.control for segment in row.strip)
        assert row.strip.cell_length <= look.width
        assert not any(segment.style and segment.style.link for segment in row.strip)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_harmless(line: bytes, wrap: bool) -> None:
    for row in paint(Entry("web", (0, STDOUT, line)), replace(LOOK, wrap=wrap, json=True)):
        assert not controls.search(row.text)
        assert row.strip.cell_length <= LOOK.width


@given(st.text(st.sampled_from("aé漢\u0301👧 "), max_size=200))
def test_wrapping_loses_nothing(text: str) -> None:
    line = unicodedata.normalize("NFC", text)
    assert "".join(shown(line.encode(), replace(LOOK, wrap=True))) == line


def test_colours_are_kept_and_end_with_their_line() -> None:
    text = body(b"\x1b[31mred\x1b[1m and bold")
    assert text.plain == "red and bold"
    assert [str(span.style) for span in text.spans] == ["color(1)", "bold color(1)"]


def test_a_line_without_colours_has_that_of_its_level() -> None:
    (row,) = paint(Entry("web", (0, STDOUT, b"ERROR: broken")), LOOK)
    assert [(s.text, s.style) for s in row.strip if s.text.strip()] == [("ERROR: broken", RED)]
    (row,) = paint(Entry("web", (0, STDOUT, b"\x1b[32mERROR: green")), LOOK)
    assert [segment.style for segment in row.strip if segment.style == RED] == []


def test_a_note_of_ours_looks_like_one() -> None:
    (row,) = paint(Entry("web", (0, NOTE, b"exited with 1")), LOOK)
    assert [s.style for s in row.strip if s.text.strip()] == [Style(italic=True)]


def test_matches_stand_out() -> None:
    (row,) = paint(Entry("web", (0, STDOUT, b"one two")), replace(LOOK, finder=Finder("t.o")))
    assert [(s.text, s.style == BOLD) for s in row.strip if s.text.strip()] == [
        ("one ", False),
        ("two", True),
    ]


@pytest.mark.parametrize(
    ("line", "left", "found"),
    [
        (b"needle" + b"x" * 90, 0, 0),
        (b"x" * 90 + b"needle", 0, 77),
        (b"x" * 90 + b"needle", 70, 70),
        (b"x" * 20 + b"needle", 70, 0),
        (b"x" * 33 + b"needle", 0, 0),
        (b"x" * 34 + b"needle", 0, 21),
        ("漢".encode() * 40 + b"needle", 0, 67),
        (b"needle" + b"x" * 90 + b"needle", 80, 80),
        (b"x" * 90 + b"needle" * 20, 0, 90),
        (b"nothing", 8, 8),
    ],
)
def test_a_match_is_shifted_into_view_unless_one_is_seen(
    line: bytes, left: int, found: int
) -> None:
    look = replace(LOOK, left=left, finder=Finder("(needle)+"))
    assert shifted(Entry("web", (0, STDOUT, line)), line, look) == found


def test_a_line_that_is_too_long_says_so_where_it_is_shown_whole() -> None:
    rows = shown(b"x" * (LONGEST + 5), replace(LOOK, wrap=True))
    assert "".join(rows).endswith("x… 5 bytes more")
    assert shown(b"x" * (LONGEST + 5)) == ["x" * 40]


def test_a_mark_a_time_and_a_name_stand_ahead_of_the_first_row() -> None:
    look = replace(LOOK, times=True, wrap=True, gutter=True, names={"web": ("web", "")})
    rows = [
        row.strip.text.rstrip()
        for row in paint(Entry("web", (5_000_000, STDOUT, b"y" * 30), is_marked=True), look)
    ]
    assert re.fullmatch(r"● \d\d:\d\d:00\.005 web │ y{19}", rows[0])
    assert rows[1] == " " * 21 + "y" * 11


def test_json_is_unfolded_with_its_keys_and_its_escapes_stay_text() -> None:
    line = b'2026 {"a": {"b": "\\u001b[2J\\u009b"}, "c": []}'
    assert shown(line, replace(LOOK, json=True))[1:] == [
        *("  {", '    "a": {', '      "b": "\\u001b[2J\\u009b"', "    },", '    "c": []', "  }"),
    ]


@pytest.mark.parametrize("line", [b"no json", b"{}", b'{"a": ', b"{" * 5_000, b'{"a"' * 9_000])
def test_what_is_no_object_is_not_unfolded(line: bytes) -> None:
    assert len(shown(line, replace(LOOK, json=True))) == 1


def test_a_mark_moves_no_line_and_is_in_no_copy() -> None:
    look = replace(LOOK, gutter=True)
    line = (0, STDOUT, b"text")
    (marked,), (other,) = (paint(Entry("web", line, is_marked=m), look) for m in (True, False))
    assert (marked.strip.text[:7], other.strip.text[:7]) == ("● text ", "  text ")
    assert marked.text == other.text
    assert plain(Entry("web", line, is_marked=True), look) == ["text"]


def test_a_copy_is_whole_and_plain() -> None:
    line = (0, STDOUT, b"\x1b[31m" + b"z" * 100_000)
    assert plain(Entry("web", line, folded=[b"  at x"]), LOOK) == ["z" * 100_000, "  at x"]
