"""A page of the merged log: some hundred kilobytes of whole lines, and whose each of them is."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, count
from operator import add

from devenv.logs.assemble import Block, Line
from devenv.logs.source import Source


class Page:
    """Lines by number, from 0; where each begins is found out when the first is asked for."""

    __slots__ = ("_begins", "_blocks", "_offsets", "text")

    def __init__(self, blocks: Iterable[tuple[Source, Block]] = ()) -> None:
        parts: list[bytes] = []
        self._offsets: list[int] = []
        self._blocks: list[tuple[Source, int, int]] = []
        self._begins: array[int] | None = None
        offset = 0
        for source, (time, stream, data) in blocks:
            self._offsets.append(offset)
            self._blocks.append((source, time, stream))
            parts.append(data)
            offset += len(data)
        self.text = b"".join(parts)
        """All lines, each ended by a newline."""

    def __len__(self) -> int:
        return len(self._begins) - 1 if self._begins is not None else self.text.count(b"\n")

    def line(self, number: int) -> Line:
        begins = self._lines()
        time, stream = self._block(begins[number])[1:]
        return time, stream, self.text[begins[number] : begins[number + 1] - 1]

    def source(self, number: int) -> Source:
        return self._block(self._lines()[number])[0]

    def since(self, time_ns: int) -> int:
        """Return the first line that is not older than ``time_ns``; the length: all are."""
        found = bisect_left(self._blocks, time_ns, key=lambda block: block[1])
        if found == len(self._blocks):
            return len(self)
        return bisect_left(self._lines(), self._offsets[found])

    def _block(self, offset: int) -> tuple[Source, int, int]:
        return self._blocks[bisect_right(self._offsets, offset) - 1]

    def _lines(self) -> Sequence[int]:
        if self._begins is None:
            self._begins = _line_begins(self.text)
        return self._begins


def _line_begins(text: bytes) -> array[int]:
    """Return where each line begins, and the length of the text."""
    lengths = map(len, text[:-1].split(b"\n") if text else ())
    return array("Q", [0, *map(add, accumulate(lengths), count(1))])
