"""One source seen as a row of records: marks to begin reading at, and its end as of now."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from devenv.logs.assemble import Assembler, Block
from devenv.logs.segment import HEADER, MAGIC, MARK_EVERY
from devenv.logs.source import Source

_SEGMENT = 1 << 32
_MANY = 2 * MARK_EVERY
_LOOK_BACK = 64
"""Marks to go back, at most, for the beginning of a line: as long as a line can be."""
_HOP = 16 * 1024


class Track:
    """Positions are one number: that of a segment in the upper half, an offset in the lower one.
    What the quota took has no lines, and that is all.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.end = 0
        """Behind the last whole record."""
        self.size = 0
        """Bytes of records seen so far."""
        self.newest = 0
        """The highest time of a record."""
        self.marks = array("Q")
        self.times = array("Q")
        """Of the marks, never falling."""
        self._file = -1

    def look(self) -> bool:
        """Take in what was written since; return whether there was something."""
        before = self.end
        while self._file < 0 or self._is_left():
            if not self._enter_next():
                break
        return self.end != before

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def trim(self) -> int:
        """Forget the marks of segments that are gone; return the position of the first record."""
        numbers = self.source.segments()
        first = numbers[0] * _SEGMENT if numbers else 0
        gone = bisect_left(self.marks, first)
        del self.marks[:gone], self.times[:gone]
        return first

    def seek(self, time_ns: int) -> int:
        """Return the position of the first record that is not older; the end: all are."""
        after = bisect_left(self.times, time_ns)
        if not after:
            return self.marks[0] if self.marks else self.end
        limit = self.marks[after] if after < len(self.marks) else self.end
        number, offset = divmod(self.marks[after - 1], _SEGMENT)
        try:
            file = self.source.open(number)
        except OSError:
            return limit
        try:
            size = limit % _SEGMENT if limit // _SEGMENT == number else os.fstat(file).st_size
            offset, time = hop(file, offset, size, until=time_ns)
        finally:
            os.close(file)
        return number * _SEGMENT + offset if time >= time_ns else limit

    def blocks(
        self, low: int, high: int, assembler: Assembler | None, *, to_end: bool
    ) -> tuple[list[Block], Assembler]:
        """Read the lines from ``low`` to ``high``, at the end those that are not finished too.

        ``assembler`` knows what is unfinished at ``low``; None: that is looked for.
        """
        step = 1
        mark = bisect_left(self.marks, low)
        while True:
            known = assembler or self._assembler_at(low, max(mark - step, 0))
            known.beheaded = False
            found = self._read(low, high, known)
            if to_end:
                found += known.rest()
            if not known.beheaded or (not assembler and step >= min(_LOOK_BACK, mark)):
                return found, known
            assembler, step = None, step * 4

    def _assembler_at(self, position: int, mark: int) -> Assembler:
        assembler = Assembler()
        if mark < len(self.marks):
            self._read(self.marks[mark], position, assembler)
        return assembler

    def records(self, low: int, high: int) -> Iterator[bytes]:
        """Yield the records from ``low`` to ``high`` as they lie, by segment."""
        while low < high:
            number, offset = divmod(low, _SEGMENT)
            following = bisect_left(self.marks, (number + 1) * _SEGMENT)
            following = self.marks[following] if following < len(self.marks) else high
            limit = high % _SEGMENT if high // _SEGMENT == number else _SEGMENT
            yield _bytes(self.source, number, offset, limit)
            low = min(following, high)

    def _read(self, low: int, high: int, assembler: Assembler) -> list[Block]:
        found: list[Block] = []
        for records in self.records(low, high):
            found += assembler.feed(records)[0]
            assembler.broken = False
        return found

    def _grow(self) -> None:
        number, offset = divmod(self.end, _SEGMENT)
        size = os.fstat(self._file).st_size
        begun = offset
        if size - offset > _MANY:
            for at, time in self.source.marks(number, size):
                if at > offset:
                    self._mark(at, time)
                    offset = at
        while offset < size:
            mark = self.marks[-1] % _SEGMENT + MARK_EVERY
            reached, time = hop(self._file, offset, size, reach=mark)
            if reached == offset:
                break
            offset = reached
            self.newest = max(self.newest, time)
            if offset >= mark:
                self._mark(offset, time)
        self.size += offset - begun
        self.end = number * _SEGMENT + offset

    def _mark(self, offset: int, time: int) -> None:
        self.newest = max(self.newest, time)
        self.marks.append(self.end // _SEGMENT * _SEGMENT + offset)
        self.times.append(max(self.newest, 1))

    def _is_left(self) -> bool:
        """Read the segment on; tell whether the writer is done with it.

        It may have added to this one before it began the next: so one more look at it.
        """
        self._grow()
        if not self.source.exists(self.end // _SEGMENT + 1) and os.fstat(self._file).st_nlink:
            return False
        self._grow()
        return True

    def _enter_next(self) -> bool:
        numbers = self.source.segments()
        for number in numbers[bisect_right(numbers, self.end // _SEGMENT) :]:
            try:
                file = self.source.open(number)
            except OSError:
                continue
            self.close()
            self._file = file
            self.end = number * _SEGMENT
            header = os.pread(file, HEADER.size, 0)
            self._mark(0, HEADER.unpack(header)[4] if len(header) == HEADER.size else 0)
            return True
        return False


def hop(
    file: int, offset: int, size: int, *, until: int = 1 << 64, reach: int = 1 << 64
) -> tuple[int, int]:
    """Go from record to record, as long as they are older than ``until`` and below ``reach``.

    Only records that are whole below ``size`` count. Returns the offset of the next record, and
    its time if that ended it, else the newest time on the way.
    """
    newest = 0
    unpack = HEADER.unpack_from
    reach = min(reach, size - 15)
    while offset < reach:
        buffer = os.pread(file, min(_HOP, size - offset), offset)
        at, last = 0, min(len(buffer) - 15, reach - offset)
        while at < last:
            magic, _, _, length, time = unpack(buffer, at)
            if magic != MAGIC or offset + at + 16 + length > size:
                return offset + at, newest
            if time >= until:
                return offset + at, time
            newest = max(newest, time)
            at += 16 + length
        if not at:
            break
        offset += at
    return offset, newest


def _bytes(source: Source, number: int, offset: int, limit: int) -> bytes:
    """Read a segment from one offset to another; nothing where it is gone."""
    try:
        file = source.open(number)
    except OSError:
        return b""
    try:
        size = limit if limit < _SEGMENT else os.fstat(file).st_size
        return os.pread(file, max(size - offset, 0), offset)
    finally:
        os.close(file)
