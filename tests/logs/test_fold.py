"""What is taken for the inside of a stack trace."""

from __future__ import annotations

from devenv.logs.fold import folded
from devenv.logs.page import Page
from devenv.logs.segment import STDERR
from devenv.logs.source import Source


def folds(*lines: bytes) -> dict[int, list[int]]:
    source = Source("web", "/nowhere")
    page = Page([(source, (1, STDERR, line + b"\n")) for line in lines])
    return folded(page, range(len(lines)))


def test_frames_and_what_belongs_to_them_are_folded_below_their_head() -> None:
    assert folds(b"Error: no", b"    at run (a.js:1:2)", b"well again") == {0: [1]}
    go = (b"panic: no", b"goroutine 1 [running]:", b"main.main(0x1, 0x2)", b"\t/src/main.go:7 +0x1")
    assert folds(*go) == {0: [1, 2, 3]}


def test_a_minified_line_within_a_trace_takes_no_time_to_speak_of() -> None:
    """Node shows the line that failed: half a megabyte of calls, in time that grows with it."""
    minified = b"f(a,b);g(c)," * 40_000 + b";"
    assert folds(b"Error: no", b"    at run (a.js:1:2)", minified) == {0: [1]}
