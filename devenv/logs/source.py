"""One unit's log folder seen by a reader: its segments, its marks, and where to begin reading.

A folder is a path or, for a reader that was handed it, an open descriptor.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterator

from devenv.logs.segment import HEADER, MAGIC, MARK, NOTE, index_name, segment_name, segment_numbers

Position = tuple[int, int]
"""Number of a segment and offset of a record in it; (0, 0) is the beginning of the store."""

BEGINNING: Position = (0, 0)
_STREAMS = 4


class Source:
    """The log of one replica: ``service`` and ``index``, and the folder that holds it."""

    __slots__ = ("folder", "index", "service")

    def __init__(self, service: str, folder: int | str, index: int = 0) -> None:
        self.service = service
        self.folder = folder
        self.index = index

    @property
    def name(self) -> str:
        return f"{self.service}[{self.index}]" if self.index else self.service

    def segments(self) -> list[int]:
        return segment_numbers(self.folder)

    def open(self, number: int) -> int:
        """Open a segment for reading; raises OSError, where it is gone too."""
        return self._open(segment_name(number))

    def exists(self, number: int) -> bool:
        name = segment_name(number)
        try:
            if isinstance(self.folder, int):
                os.stat(name, dir_fd=self.folder)
            else:
                os.stat(os.path.join(self.folder, name))
        except OSError:
            return False
        return True

    def marks(self, number: int, size: int) -> list[Position]:
        """List (offset, time) of the marks of a segment of ``size`` bytes, its beginning left out.

        None where they are missing; what a crash left half written is passed over.
        """
        try:
            file = self._open(index_name(number))
        except OSError:
            return []
        try:
            data = os.pread(file, os.fstat(file).st_size, 0)
        finally:
            os.close(file)
        marks: list[Position] = []
        last = 0
        for offset, time in MARK.iter_unpack(data[: len(data) // MARK.size * MARK.size]):
            if last < offset < size:
                marks.append((offset, time))
                last = offset
        return marks

    def _open(self, name: str) -> int:
        flags = os.O_RDONLY | os.O_CLOEXEC
        if isinstance(self.folder, int):
            return os.open(name, flags, dir_fd=self.folder)
        return os.open(os.path.join(self.folder, name), flags)


def end(source: Source) -> Position:
    """Return the position behind what is there now; a record half written may lie across it."""
    numbers = source.segments()
    size = _size(source, numbers[-1]) if numbers else 0
    return (numbers[-1], size) if numbers else BEGINNING


def position_at(source: Source, time_ns: int) -> Position:
    """Return a position shortly before the first record that is not older than ``time_ns``."""
    numbers = source.segments()
    low, high = 0, len(numbers)
    while low < high:
        middle = (low + high) // 2
        if _first_time(source, numbers[middle]) < time_ns:
            low = middle + 1
        else:
            high = middle
    if low == 0:
        return BEGINNING
    number = numbers[low - 1]
    marks = source.marks(number, _size(source, number))
    nearest = bisect_left(marks, time_ns, key=lambda mark: mark[1])
    return number, marks[nearest - 1][0] if nearest else 0


def position_of_last(source: Source, count: int, *, notes: bool = True) -> Position:
    """Return a position before the last ``count`` lines, found from the end by the marks.

    A few more are counted, since up to one line of each stream may have begun before it.
    """
    missing = count + _STREAMS
    for number, offset, buffer in _spans_from_the_end(source):
        missing -= _count_lines(buffer, notes)
        if missing <= 0:
            return number, offset
    return BEGINNING


def _spans_from_the_end(source: Source) -> Iterator[tuple[int, int, bytes]]:
    """Yield (segment, offset, records) from mark to mark, backwards."""
    for number in reversed(source.segments()):
        try:
            file = source.open(number)
        except OSError:
            return
        try:
            after = os.fstat(file).st_size
            for offset in reversed([0, *(mark[0] for mark in source.marks(number, after))]):
                yield number, offset, os.pread(file, after - offset, offset)
                after = offset
        finally:
            os.close(file)


def _count_lines(buffer: bytes, notes: bool) -> int:
    """Count the newlines of the records in ``buffer``, which begins with one."""
    at, count = 0, 0
    while at + HEADER.size <= len(buffer):
        magic, stream, _, length, _ = HEADER.unpack_from(buffer, at)
        if magic != MAGIC:
            break
        at += HEADER.size
        if notes or stream != NOTE:
            count += buffer.count(b"\n", at, at + length)
        at += length
    return count


def _first_time(source: Source, number: int) -> int:
    try:
        file = source.open(number)
    except OSError:
        return 0
    try:
        header = os.pread(file, HEADER.size, 0)
    finally:
        os.close(file)
    return int(HEADER.unpack(header)[4]) if len(header) == HEADER.size else 1 << 63


def _size(source: Source, number: int) -> int:
    try:
        file = source.open(number)
    except OSError:
        return 0
    try:
        return os.fstat(file).st_size
    finally:
        os.close(file)
