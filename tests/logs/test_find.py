"""Finding in many lines at once gives what looking at each line gives."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from devenv.errors import UsageError
from devenv.logs.find import Finder
from devenv.logs.match import select

PATTERNS = [
    *(
        "a",
        "ab",
        "b$",
        "^a",
        "a.*b",
        "[ab]+",
        "x?",
        "",
        "(a|b)c",
        r"\d+",
        r"\bab\b",
        r"a\.b",
        "(?i)AB",
    ),
    *(
        r"a\s*b",
        r"[^a]b",
        r"\Aa",
        r"b\Z",
        "a(?!b)",
        r"(?s)a.b",
        r"\W",
        "a\tb",
        "(?P<x>a)",
        r"[\t-z]+",
    ),
]
pieces = st.lists(
    st.sampled_from(
        [b"a", b"b", b"ab", b"c", b" ", b"\n", b"\n", b"\r\n", b"\r", b"1", b"\x1b[31m"]
    )
    | st.sampled_from([b"\xff", "ä".encode(), b"\x1b", b"\x1b]0;a\x07", b"A", b".", b"\t"]),
    max_size=30,
)


@given(pattern=st.sampled_from(PATTERNS), parts=pieces)
@example(pattern="a(?!b)", parts=[b"a\n", b"b\n"])
def test_many_lines_at_once_match_as_each_alone(pattern: str, parts: list[bytes]) -> None:
    text = b"".join(parts) + b"\n"
    keep = select(pattern)
    wanted = [number for number, line in enumerate(text[:-1].split(b"\n")) if keep(line)]
    assert Finder(pattern).lines(text) == wanted


def test_nothing_is_found_in_nothing() -> None:
    assert Finder("").lines(b"") == []
    assert Finder("a").lines(b"") == []
    assert Finder("[^a]").lines(b"") == []


def test_colours_within_a_word_do_not_hide_it() -> None:
    assert Finder("error").lines(b"fine\n\x1b[31mer\x1b[1mror\x1b[0m\n") == [1]


def test_spans_leave_empty_matches_out() -> None:
    assert Finder("x*").spans("axxb") == [(1, 3)]


def test_what_is_no_expression_is_refused() -> None:
    with pytest.raises(UsageError, match=re.escape("not a regular expression: '('")):
        Finder("(")


def test_an_expression_that_is_slow_in_each_line_is_given_up_after_some() -> None:
    """No line alone takes too long; together they would hold whoever waits for them."""
    finder = Finder("(X+X+)+Y")
    line = b"X" * 18 + b"\n"
    assert finder.lines(line) == []
    assert not finder.gave_up
    for _ in range(10_000):
        finder.spans(line.decode())
    assert finder.gave_up


def test_one_that_keeps_pace_is_never_given_up() -> None:
    finder = Finder("r[a-z]+r$")
    text = b"some words that end with an error\n" * 10_000
    for _ in range(20):
        assert len(finder.lines(text)) == 10_000
    assert not finder.gave_up
