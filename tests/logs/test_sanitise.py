"""What reaches a terminal: text, tabs, newlines, and colours where these are wanted."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devenv.logs.sanitise import prefixed, sanitise, visible

COLOUR = re.compile(r"\x1b\[[0-9;:]{0,64}m")
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

CORPUS = [
    ("plain", "plain"),
    ("tab\tstays", "tab\tstays"),
    ("\x1b[2J\x1b[Hclear", "clear"),
    ("\x1b[3;1Hmove\x1b[1A\x1b[K", "move"),
    ("\x1b[?1049halternate\x1b[?25l", "alternate"),
    ("\x1b[?2004h\x1b[>4;2mmodes\x1b[?4m", "modes"),
    ("\x1b]0;title\x07after", "after"),
    ("\x1b]2;title\x1b\\after", "after"),
    ("\x1b]52;c;Y3VybA==\x07clipboard", "clipboard"),
    ("\x1b]8;;http://evil/\x1b\\link\x1b]8;;\x1b\\", "link"),
    ("\x1b]1337;File=inline=1:AAAA\x07x", "x"),
    ("\x1b]52;c;never ended", ""),
    ("\x1bP+q544e\x1b\\after", "after"),
    ("\x1bPnever ended", ""),
    ("\x1b_Gf=100;AAAA\x1b\\after", "after"),
    ("\x1b^private\x1b\\after", "after"),
    ("\x1bXstring\x1b\\after", "after"),
    ("\x1bPtmux;\x1b\x1b]52;c;AAAA\x07\x1b\\after", "after"),
    ("\x9b2Jeight bit", "eight bit"),
    ("\x9d0;title\x9cafter", "after"),
    ("\x90q\x9cafter", "after"),
    ("\x1bcreset", "reset"),
    ("\x1b(0charset\x1b(B", "charset"),
    ("\x1b#8align", "align"),
    ("\x1b7save\x1b8", "save"),
    ("ends with \x1b", "ends with "),
    ("ends with \x1b[", "ends with "),
    ("ends with \x1b[31", "ends with "),
    ("\x1b\x1b[31mtwo", "two"),
    ("\x1b\x1b[0K[31mjoined", "[31mjoined"),
    ("bell\x07", "bell^G"),
    ("back\x08space", "back^Hspace"),
    ("null\x00", "null^@"),
    ("delete\x7f", "delete^?"),
    ("next line\x85", "next line\\x85"),
    ("10 %\r20 %\r30 %", "30 %"),
    ("30 %\r", "30 %"),
    ("30 %\r\x1b[K", "30 %"),
    ("crlf\r\nlines\r\n", "crlf\nlines\n"),
    ("a\rb\nc\rd\n", "b\nd\n"),
    ("\x1b]0;open\nnext line", "\nnext line"),
    ("ünï→çode 日本 🎉", "ünï→çode 日本 🎉"),
]


@pytest.mark.parametrize(("text", "shown"), CORPUS)
def test_nothing_but_text_is_left(text: str, shown: str) -> None:
    assert sanitise(text.encode()) == shown


@pytest.mark.parametrize(("text", "shown"), CORPUS)
def test_the_same_is_left_where_colours_are_wanted(text: str, shown: str) -> None:
    assert COLOUR.sub("", sanitise(text.encode(), colours=True)) == shown


def test_colours_are_kept_where_they_are_wanted_and_end_with_the_line() -> None:
    data = b"\x1b[1;31mred\nplain\n\x1b[38;2;1;2;3mtrue \x1b[2Jcolour\x1b[0m\n"
    assert sanitise(data, colours=True) == (
        "\x1b[1;31mred\x1b[0m\nplain\n\x1b[38;2;1;2;3mtrue colour\x1b[0m\x1b[0m\n"
    )
    assert sanitise(data) == "red\nplain\ntrue colour\n"


def test_invalid_utf8_is_shown_as_a_replacement() -> None:
    assert sanitise(b"caf\xe9 \xff\n") == "caf\ufffd \ufffd\n"
    assert sanitise(b"\x9b2J \xc2") == "\ufffd2J \ufffd"


dangerous = st.lists(
    st.one_of(
        st.sampled_from(
            b"\x1b,[,],P,\\,\x07,m,31,;,\r,\n,\xc2,\x9b,\x9d,\xc2\x9b,\xc2\x9c,\xc2\x85,"
            b"\x1b[0m,\x1b],K".split(b",")
        ),
        st.binary(max_size=4),
        st.text(max_size=4).map(lambda text: text.encode("utf-8", "surrogatepass")),
    ),
    max_size=40,
).map(b"".join)


@given(dangerous)
def test_no_control_but_tab_and_newline_is_ever_left(data: bytes) -> None:
    assert not FORBIDDEN.search(sanitise(data))


@given(dangerous)
def test_of_controls_only_colours_are_ever_left(data: bytes) -> None:
    assert not FORBIDDEN.search(COLOUR.sub("", sanitise(data, colours=True)))


@given(dangerous, st.booleans())
def test_many_lines_at_once_are_the_same_as_each_alone(data: bytes, colours: bool) -> None:
    alone = [sanitise(line, colours=colours) for line in data.split(b"\n")]
    assert sanitise(data, colours=colours) == "\n".join(alone)


@given(dangerous)
def test_a_second_time_changes_nothing(data: bytes) -> None:
    once = sanitise(data)
    assert sanitise(once.encode()) == once


@pytest.mark.parametrize("piece", [b"\x1b", b"\x1b[", b"\x1b]", b"\r", b"a", b"\x1b[31", b"\x9b"])
def test_long_hostile_lines_are_cleaned_in_linear_time(piece: bytes) -> None:
    data = piece * (1_000_000 // len(piece)) + b"\x1b]\r\x00x"
    assert not FORBIDDEN.search(sanitise(data))
    assert not FORBIDDEN.search(COLOUR.sub("", sanitise(data, colours=True)))
    assert "\x1b" not in visible(data)


def test_each_line_gets_the_prefix() -> None:
    assert prefixed("web | ", "a\n\nb\n") == "web | a\nweb | \nweb | b\n"
    assert prefixed("", "a\n") == "a\n"
