"""Which lines are the inside of a stack trace, so that the line above can stand for it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from devenv.logs.page import Page

_FRAME = re.compile(
    rb"[ \t]+at \S"  # Java, JavaScript, .NET
    rb'|[ \t]+File "'  # Python
    rb"|[ \t]+from \S+:\d+"  # Ruby
    rb"|\t\S+\.go:\d+"
    rb"|[ \t]+\d+: "  # Rust
)
_ANY_FRAME = re.compile(rb'(?:^|\n)(?:[ \t]+(?:at \S|File "|from \S+:\d+|\d+: )|\t\S+\.go:\d+)')
_INSIDE = re.compile(rb"[ \t]+\S|Caused by: |\.\.\. \d+ more|goroutine \d+ \[|\S[^\s(]*\(.*\)\r?$")
_TRACEBACK = b"Traceback (most recent call last)"


def folded(page: Page, numbers: Iterable[int]) -> dict[int, list[int]]:
    """Return, by the line that stays, the lines among ``numbers`` that are folded below it.

    A trace is what follows a line of the same source: lines that are indented, or go on with a
    trace in another way, at least one of which is a frame.
    """
    if not _may_have_frames(page.text):
        return {}
    folds: dict[int, list[int]] = {}
    head, inside, frames = -1, [], 0
    for number in numbers:
        line = page.line(number)[2]
        if head >= 0 and _INSIDE.match(line) and page.source(number) is page.source(head):
            inside.append(number)
            frames += _FRAME.match(line) is not None
            continue
        if frames:
            folds[head] = inside
        head, inside, frames = number, [], 0
    if frames:
        folds[head] = inside
    return folds


def _may_have_frames(text: bytes) -> bool:
    """Tell quickly that most texts have none."""
    return (b"\n\t" in text or b"\n " in text or text[:1] in b"\t ") and bool(
        _ANY_FRAME.search(text)
    )
