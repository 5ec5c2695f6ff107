"""Find the lines that match, in a text of many lines at once where that gives the same answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from time import thread_time
from typing import TypeVar

from devenv.errors import UsageError
from devenv.logs.limit import TookTooLongError, limited
from devenv.logs.sanitise import visible

_SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()\x00-\x1f\x7f]")
_MAY_SEE_NEWLINES = re.compile(
    r"\\(?![dwbS])\w"  # \s, \W, \D, \A, \Z, escaped controls, groups by number
    r"|\[\^"
    r"|\(\?(?!:|P<|i\))"  # looking around, flags
    r"|[\x00-\x1f]"
)
"""Patterns in which a match could reach over the end of its line, or see what is behind it."""
_LONGEST = 0.2
"""Seconds of the processor at once: the most that keys wait for."""
_PACE = 0.1 / (256 * 1024)
"""Seconds for a byte, on the whole."""
_Found = TypeVar("_Found")


class Finder:
    """Finds a regular expression in what a person sees of each line. Raises UsageError.

    An expression that takes too long, at once or on the whole, finds nothing more: nested
    repetitions in any text, and some others in long lines.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.gave_up = False
        self._left = _LONGEST
        """Seconds of the processor; more with every byte that is looked through."""
        try:
            self._search = re.compile(pattern).search
            self._within = (
                None
                if _MAY_SEE_NEWLINES.search(pattern)
                else re.compile(pattern, re.MULTILINE).finditer
            )
        except re.error as error:
            raise UsageError(f"not a regular expression: {pattern!r}: {error}") from error
        self._finditer = re.compile(pattern).finditer
        self.literal = b"" if _SPECIAL.search(pattern) else pattern.encode("utf-8", "replace")

    def lines(self, text: bytes) -> list[int]:
        """Return the numbers of the lines of ``text`` that match, each of which has a newline."""
        return self._found(lambda: self._lines(text), len(text))

    def spans(self, line: str) -> list[tuple[int, int]]:
        """Return where it matches in one line, empty matches left out."""
        return self._found(lambda: self._spans(line), len(line))

    def _found(self, find: Callable[[], list[_Found]], size: int) -> list[_Found]:
        if self.gave_up:
            return []
        left = min(self._left + size * _PACE, _LONGEST)
        begun = thread_time()
        try:
            with limited(left):
                return find()
        except TookTooLongError:
            self.gave_up = True
            return []
        finally:
            self._left = left - (thread_time() - begun)
            self.gave_up = self.gave_up or self._left <= 0

    def _lines(self, text: bytes) -> list[int]:
        if self.literal and self.literal not in text and b"\x1b" not in text:
            return []
        if self.literal and b"\x1b" not in text:
            return list(_lines_with(self.literal, text))
        seen = _seen(text)
        if self._within is None:
            lines = seen[:-1].split("\n") if seen else []
            return [number for number, line in enumerate(lines) if self._search(line)]
        return list(_lines_of(self._within(seen), seen))

    def _spans(self, line: str) -> list[tuple[int, int]]:
        return [found.span() for found in self._finditer(line) if found.end() > found.start()]


def _seen(text: bytes) -> str:
    """Return many lines as ``visible`` gives each of them."""
    return visible(text).replace("\r\n", "\n")


def _lines_with(literal: bytes, text: bytes) -> Iterator[int]:
    number, counted = 0, 0
    at = text.find(literal)
    while at >= 0:
        number += text.count(b"\n", counted, at)
        yield number
        counted = text.find(b"\n", at)
        at = text.find(literal, counted + 1)


def _lines_of(matches: Iterator[re.Match[str]], text: str) -> Iterator[int]:
    number, counted, last = 0, 0, -1
    for match in matches:
        at = match.start()
        if at == len(text):
            break
        number += text.count("\n", counted, at)
        counted = at
        if number != last:
            yield number
            last = number
