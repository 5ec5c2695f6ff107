"""Read a log on from a position, through its segments, while it is written and old ones go."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from devenv.logs.assemble import Assembler, Block, Line, last_lines, split
from devenv.logs.segment import HEADER, NOTE
from devenv.logs.source import BEGINNING, Position, Source, end, position_at, position_of_last

WINDOW = 1024 * 1024


class Query:
    """Which lines: times are nanoseconds since the epoch, both included; ``last`` counts what is
    left after all else; ``keep`` judges one line without its newline; ``notes``: our own too.
    """

    __slots__ = ("keep", "last", "notes", "since", "until")

    def __init__(
        self,
        *,
        since: int | None = None,
        until: int | None = None,
        last: int | None = None,
        keep: Callable[[bytes], bool] | None = None,
        notes: bool = True,
    ) -> None:
        self.since = since
        self.until = until
        self.last = last
        self.keep = keep
        self.notes = notes

    def start(self, source: Source) -> Position:
        """Return the latest position that has everything asked for behind it."""
        start = BEGINNING if self.since is None else position_at(source, self.since)
        if self.last is None or self.keep is not None or self.until is not None:
            return start
        return max(start, position_of_last(source, self.last, notes=self.notes))

    def narrow(self, blocks: list[Block]) -> list[Block]:
        """Leave out what was not asked for; ``last`` is for the caller, who has all."""
        if self.since is not None:
            blocks = [block for block in blocks if block[0] >= self.since]
        if self.until is not None:
            blocks = [block for block in blocks if block[0] <= self.until]
        if not self.notes:
            blocks = [block for block in blocks if block[1] != NOTE]
        if self.keep is not None:
            blocks = [kept for block in blocks if (kept := _keep(block, self.keep))[2]]
        return blocks

    def is_over(self, blocks: list[Block], unfinished: int | None) -> bool:
        """Tell whether all that follows ``blocks`` is too late.

        ``unfinished`` is the time of the oldest piece of a line that has no end yet.
        """
        if self.until is None or not blocks or blocks[-1][0] <= self.until:
            return False
        return unfinished is None or unfinished > self.until


EVERYTHING = Query()


class Reader:
    """Reads one source from ``start`` on, in bites of ``window`` bytes.

    It survives that segments are dropped before it came to them: then a note says so.
    """

    def __init__(
        self, source: Source, start: Position = BEGINNING, *, window: int = WINDOW
    ) -> None:
        self.source = source
        self.limit: Position | None = None
        """Where to stop for now, as if nothing had been written after it."""
        self._window = window
        self._segment, self._offset = start
        self._assembler = Assembler()
        self._file = -1
        self._complete = False

    def read(self) -> list[Block]:
        """Return the next blocks; none: there is nothing more now."""
        gap: list[Block] = []
        while self._file >= 0 or self._enter(gap):
            blocks, used = self._assembler.feed(self._buffer())
            self._offset += used
            if blocks:
                return self._explain(gap, blocks[0][0]) + blocks
            if not used and not self._advance(gap):
                break
        return self._explain(gap, gap[-1][0]) if gap else []

    @property
    def unfinished(self) -> int | None:
        """The time of the oldest piece of a line that has no end yet; None: there is none."""
        return self._assembler.unfinished

    def rest(self) -> list[Block]:
        """Return the lines that are not finished, as they are, and forget them."""
        return self._assembler.rest()

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _buffer(self) -> bytes:
        if self._assembler.broken:
            return b""
        size = os.fstat(self._file).st_size
        if self.limit is not None and self._segment >= self.limit[0]:
            size = min(size, self.limit[1] if self._segment == self.limit[0] else 0)
        left = size - self._offset
        if left < HEADER.size:
            return b""
        buffer = os.pread(self._file, min(left, self._window), self._offset)
        if len(buffer) < HEADER.size:
            return b""
        needed = HEADER.size + int(HEADER.unpack_from(buffer)[3])
        if len(buffer) < needed <= left:
            buffer = os.pread(self._file, needed, self._offset)
        return buffer

    def _advance(self, gap: list[Block]) -> bool:
        """Go on to the next segment, if there is one and this one has been read to its end.

        The writer may have added to this one before it began the next: so one more look at it.
        """
        if self.limit is not None and self._segment >= self.limit[0]:
            return False
        if not self._complete:
            self._complete = self._next() > 0
            return self._complete
        number = self._next()
        self.close()
        self._complete = False
        self._skip(gap, number)
        return True

    def _next(self) -> int:
        """Return the number of the segment after this one, 0 if there is none.

        One with a lower number follows only where the folder was made anew.
        """
        number = self._segment + 1
        if self.source.exists(number):
            return number
        if os.fstat(self._file).st_nlink:
            return 0
        numbers = self.source.segments()
        return next((later for later in numbers if later > self._segment), 0) or (
            numbers[0] if numbers else 0
        )

    def _enter(self, gap: list[Block]) -> bool:
        """Open the segment to read, or the first after it that is still there."""
        numbers = self.source.segments()
        if numbers and numbers[-1] < self._segment:
            self._segment, self._offset = 0, 0
        for number in numbers:
            if number < self._segment:
                continue
            try:
                self._file = self.source.open(number)
            except OSError:
                continue
            if number != self._segment:
                self._skip(gap, number, from_here=True)
            return True
        return False

    def _skip(self, gap: list[Block], number: int, *, from_here: bool = False) -> None:
        missing = number - self._segment - (0 if from_here else 1)
        if missing > 0 and self._segment:
            gap += self._assembler.rest()
            text = f"{missing} segments of the log were dropped by the quota before they were read"
            gap.append((0, NOTE, text.encode() + b"\n"))
        self._segment, self._offset = number, 0
        self._assembler.broken = False

    @staticmethod
    def _explain(gap: list[Block], time: int) -> list[Block]:
        """Give the notes about gaps the time of what comes after the gap."""
        return [block if block[0] else (time, block[1], block[2]) for block in gap]


def history(reader: Reader, query: Query) -> Iterator[Block]:
    """Read on to what is the end when this is called."""
    reader.limit = end(reader.source)
    kept: list[Block] = []
    count = 0
    while blocks := reader.read():
        over = query.is_over(blocks, reader.unfinished)
        blocks = query.narrow(blocks)
        if query.last is None:
            yield from blocks
        else:
            kept += blocks
            count += sum(block[2].count(b"\n") for block in blocks)
        if query.last is not None and count > 2 * query.last + 1000:
            kept = last_lines(kept, query.last)
            count = query.last
        if over:
            break
    reader.limit = None
    yield from last_lines(kept, query.last) if query.last is not None else ()


def blocks(source: Source, query: Query = EVERYTHING, *, window: int = WINDOW) -> Iterator[Block]:
    """Yield whole lines in as large pieces as they lie; an unfinished line comes at the end."""
    reader = Reader(source, query.start(source), window=window)
    try:
        if query.last is None:
            yield from history(reader, query)
            yield from query.narrow(reader.rest())
        else:
            kept = [*history(reader, query), *query.narrow(reader.rest())]
            yield from last_lines(kept, query.last)
    finally:
        reader.close()


def lines(source: Source, query: Query = EVERYTHING) -> Iterator[Line]:
    """Yield the lines of a log in the order in which they were ended."""
    for block in blocks(source, query):
        yield from split(block)


def _keep(block: Block, keep: Callable[[bytes], bool]) -> Block:
    time, stream, data = block
    kept = [line for line in data[:-1].split(b"\n") if keep(line)]
    return time, stream, b"\n".join(kept) + b"\n" if kept else b""
