"""From records as they lie in a segment to whole lines. Pure: bytes in, blocks out."""

from __future__ import annotations

from devenv.logs.segment import CONTINUES, HEADER, MAGIC, NOTE

Block = tuple[int, int, bytes]
"""Time in nanoseconds since the epoch, stream, and whole lines, each ended by a newline."""

Line = tuple[int, int, bytes]
"""Time in nanoseconds since the epoch, stream, and one line without its newline."""

LONGEST_LINE = 16 * 1024 * 1024
"""A longer line is given in pieces, so that a stream without newlines takes no endless memory."""

_NEWLINE = 10


class Assembler:
    """Joins the chunks of each stream to lines; a line has the time of the chunk that ends it.

    Where reading begins in the middle of the store, what is there of a line is taken for the line.
    """

    def __init__(self) -> None:
        self.broken = False
        """Bytes that are no record were met: nothing after them in this segment can be read."""
        self.beheaded = False
        """A line was given whose beginning lies ahead of where reading began."""
        self._headless: set[int] = set()
        self._unfinished: dict[int, list[bytes]] = {}
        self._times: dict[int, int] = {}
        self._sizes: dict[int, int] = {}

    def feed(self, buffer: bytes) -> tuple[list[Block], int]:
        """Read the whole records at the beginning of ``buffer``.

        Returns the lines that they complete and how many bytes they take.
        """
        blocks: list[Block] = []
        at, size = 0, len(buffer)
        unpack, unfinished = HEADER.unpack_from, self._unfinished
        while at + 16 <= size:
            magic, stream, flags, length, time = unpack(buffer, at)
            begin = at + 16
            after = begin + length
            if magic != MAGIC:
                self.broken = True
                break
            if after > size:
                break
            if flags or unfinished or buffer[after - 1] != _NEWLINE:
                self._add(blocks, (time, stream, buffer[begin:after]), flags & CONTINUES != 0)
            else:
                blocks.append((time, stream, buffer[begin:after]))
            at = after
        return blocks, at

    @property
    def unfinished(self) -> int | None:
        """The time of the oldest piece of a line that has no end yet; None: there is none."""
        return min((self._times[stream] for stream in self._unfinished), default=None)

    def rest(self) -> list[Block]:
        """Give up waiting for the end of unfinished lines, and return them as they are."""
        blocks: list[Block] = []
        for stream in sorted(self._unfinished, key=self._times.__getitem__):
            self._end(blocks, stream)
        return blocks

    def _add(self, blocks: list[Block], chunk: Block, continues: bool) -> None:
        time, stream, data = chunk
        if stream == NOTE:
            blocks += self.rest()
            blocks.append((time, stream, data if data[-1] == _NEWLINE else data + b"\n"))
            return
        if not continues:
            self._end(blocks, stream)
        elif stream not in self._unfinished:
            self._headless.add(stream)
        self._join(blocks, chunk)

    def _join(self, blocks: list[Block], chunk: Block) -> None:
        time, stream, data = chunk
        cut = data.rfind(b"\n") + 1
        parts = self._unfinished.setdefault(stream, [])
        if cut:
            parts.append(data[:cut])
            blocks.append((time, stream, b"".join(parts)))
            parts.clear()
            self._give(stream)
        if cut == len(data):
            del self._unfinished[stream]
            return
        self._sizes[stream] = len(data) - cut + (self._sizes[stream] if parts else 0)
        self._times[stream] = time
        parts.append(data[cut:])
        if self._sizes[stream] > LONGEST_LINE:
            self._end(blocks, stream)

    def _end(self, blocks: list[Block], stream: int) -> None:
        parts = self._unfinished.pop(stream, None)
        if parts:
            blocks.append((self._times[stream], stream, b"".join(parts) + b"\n"))
            self._give(stream)

    def _give(self, stream: int) -> None:
        if stream in self._headless:
            self._headless.remove(stream)
            self.beheaded = True


def split(block: Block) -> list[Line]:
    """Split a block into its lines."""
    time, stream, data = block
    return [(time, stream, line) for line in data[:-1].split(b"\n")]


def coalesce(blocks: list[Block]) -> list[Block]:
    """Join neighbours of one stream, for those who need no times; each gets the first one's."""
    joined: list[Block] = []
    parts: list[bytes] = []
    first, last = 0, -1
    for time, stream, data in blocks:
        if stream != last and parts:
            joined.append((first, last, b"".join(parts)))
            parts.clear()
        if not parts:
            first, last = time, stream
        parts.append(data)
    if parts:
        joined.append((first, last, b"".join(parts)))
    return joined


def last_lines(blocks: list[Block], count: int) -> list[Block]:
    """Keep the last ``count`` lines."""
    kept: list[Block] = []
    for time, stream, data in reversed(blocks):
        if count <= 0:
            break
        lines = data.count(b"\n")
        if lines > count:
            data = b"\n".join(data[:-1].rsplit(b"\n", count)[1:]) + b"\n"
        kept.append((time, stream, data))
        count -= lines
    kept.reverse()
    return kept
