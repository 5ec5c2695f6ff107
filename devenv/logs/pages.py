"""The logs of several sources as one row of pages, in the order of time, read when asked for.

A page ends where a source has a mark, so none is large and none has to be read to find another.
What is new makes the last page longer, until it is cut where the logs are at that moment. A cut
once made stays: no page changes but the last one.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from devenv.logs.assemble import Assembler, Block
from devenv.logs.merge import by_time
from devenv.logs.page import Page
from devenv.logs.source import Source
from devenv.logs.track import Track

LARGEST_LAST = 256 * 1024
"""Bytes after which the last page is ended."""
LARGEST = 2 * 1024 * 1024
"""Bytes that are not divided any more: what comes within a frame, even of a flood."""


class Pages:
    """Pages have numbers, from ``first`` to ``last``; both grow, and a number keeps its page."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._tracks = [Track(source) for source in sources]
        self._size = 0
        """Bytes in all pages but the last."""
        self.first = 0
        self._times = array("Q", [0])
        self._cuts: list[array[int] | None] = [array("Q", [0] * len(sources))]
        self._owners: list[tuple[int, int]] = [(0, 0)]
        self._pins = [0]
        """Numbers of the cuts that were made where the logs ended then."""
        self._carried: tuple[int, dict[int, Assembler]] = (-1, {})
        """What is unfinished where a page begins, of the sources that the page before has."""

    @property
    def last(self) -> int:
        return self.first + len(self._cuts) - 1

    @property
    def size(self) -> int:
        """Bytes of records in all pages, those that were dropped too."""
        return sum(track.size for track in self._tracks)

    @property
    def part(self) -> float:
        """How large the last page is, beside the others; as it may become, where it is alone."""
        usual = self._size / self.last if self.last else LARGEST_LAST
        return min((self.size - self._size) / max(usual, 1), 1)

    def extend(self) -> bool:
        """Take in what was written since; return whether there was something."""
        ends, newest, before = self._vector(self.last + 1), self._newest(), self.size
        news = [track.look() for track in self._tracks]
        if not any(news):
            return False
        size = self.size
        if size - before > LARGEST:
            if before > self._size:
                self._pin(ends, newest)
            self._divide()
        if size - self._size > LARGEST_LAST:
            self._pin(self._vector(self.last + 1), self._newest())
            self._size = size
            self._trim()
        return True

    def close(self) -> None:
        """Give the descriptors back that were opened here."""
        for track in self._tracks:
            track.close()

    def load(self, number: int) -> Page:
        """Read a page; empty where its segments are gone. The last one ends as its logs do."""
        is_last = number == self.last
        carried = self._carried[1] if self._carried[0] == number and not is_last else {}
        used: dict[int, Assembler] = {}
        logs: list[tuple[Source, Iterator[Block]]] = []
        for index, (track, begin, end) in enumerate(self.spans(number)):
            if begin < end or is_last:
                known = carried.get(index)
                blocks, used[index] = track.blocks(begin, end, known, to_end=is_last)
                logs.append((track.source, iter(blocks)))
        self._carried = (-1, {}) if is_last else (number + 1, used)
        return Page(by_time(logs))

    def spans(self, number: int) -> list[tuple[Track, int, int]]:
        """Return where in each source the records of a page lie."""
        return list(zip(self._tracks, self._vector(number), self._vector(number + 1), strict=True))

    def at(self, time_ns: int) -> int:
        """Return the page that has the first line not older than ``time_ns``, if any has."""
        return self.first + max(bisect_left(self._times, time_ns) - 1, 0)

    def _vector(self, number: int) -> array[int]:
        """Return where a page begins in each source."""
        index = number - self.first
        if index == len(self._cuts):
            return array("Q", [track.end for track in self._tracks])
        cut = self._cuts[index]
        if cut is None:
            cut = self._cuts[index] = self._resolve(index)
        return cut

    def _resolve(self, index: int) -> array[int]:
        """Find where a cut at a time lies in each source, between the cuts that are known."""
        pin = bisect_left(self._pins, self.first + index)
        low, high = self._vector(self._pins[pin - 1]), self._vector(self._pins[pin])
        owner, position = self._owners[index]
        return array(
            "Q",
            [
                min(max(position if at == owner else track.seek(self._times[index]), begin), end)
                for at, (track, begin, end) in enumerate(zip(self._tracks, low, high, strict=True))
            ],
        )

    def _divide(self) -> None:
        """End the last page at each mark in it: one that nobody has seen yet."""
        begins = self._vector(self.last)
        marks = [
            (track.times[index], owner, track.marks[index])
            for owner, (track, begin) in enumerate(zip(self._tracks, begins, strict=True))
            for index in range(bisect_right(track.marks, begin), len(track.marks))
        ]
        for time, owner, position in sorted(marks):
            if time > self._times[-1] and position < self._tracks[owner].end:
                self._append(time, (owner, position), None)

    def _pin(self, ends: array[int], newest: int) -> None:
        """End the last page at these positions, which ``newest`` is the time of."""
        self._pins.append(self.last + 1)
        self._append(newest, (0, 0), ends)

    def _newest(self) -> int:
        return max([self._times[-1], *(track.newest for track in self._tracks)])

    def _append(self, time: int, owner: tuple[int, int], cut: array[int] | None) -> None:
        self._times.append(time)
        self._owners.append(owner)
        self._cuts.append(cut)

    def _trim(self) -> None:
        """Forget the pages at the beginning of which nothing is left."""
        firsts = [track.trim() for track in self._tracks]
        gone = 0
        while gone + 1 < len(self._cuts) and all(
            at <= first
            for at, first in zip(self._vector(self.first + gone + 1), firsts, strict=True)
        ):
            gone += 1
        if gone:
            self._cuts[gone] = self._vector(self.first + gone)
        del self._cuts[:gone], self._times[:gone], self._owners[:gone]
        self.first += gone
        del self._pins[: bisect_left(self._pins, self.first)]
        if self._pins[0] != self.first:
            self._pins.insert(0, self.first)
