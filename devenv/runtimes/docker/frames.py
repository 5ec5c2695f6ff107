"""The engine's log stream to chunks: frames of a header of 8 bytes, and lines with their times.

The form is that of ``GET /containers/ID/logs`` with ``timestamps``; a container with a terminal
has no frames, only lines.
"""

from __future__ import annotations

from bisect import bisect_right
from calendar import timegm
from collections.abc import Iterator
from functools import lru_cache
from operator import itemgetter
from struct import Struct

from devenv.runtimes.protocol import Chunk

HEADER = Struct(">BxxxI")
STDOUT, STDERR, TERMINAL = 1, 2, 3


class Frames:
    """Takes bytes as they come; gives whole lines with stream and time in nanoseconds.

    Lines that are not newer than ``after`` are left out: the engine gives the last one again.
    """

    def __init__(self, *, tty: bool, after: int = 0) -> None:
        self._tty = tty
        self._after = after
        self._rest = b""

    def feed(self, data: bytes) -> list[Chunk]:
        """Return the chunks that are whole by now. Lines of one stream in a row are one chunk."""
        buffer = self._rest + data
        if self._tty:
            return self._lines(buffer)
        found = self._one_by_line(buffer)
        return self._frames(buffer) if found is None else found

    def _one_by_line(self, buffer: bytes) -> list[Chunk] | None:
        """The lines of ``_frames`` in half its time; None for what is not that simple.

        It is where each frame is one line of one stream, and new: as of a unit that writes much.
        """
        *frames, rest = buffer.split(b"\n")
        heads = b"".join([frame[:8] for frame in frames])
        if len(frames) < WORTH or len(heads) < 8 * len(frames):
            return None
        kinds, lengths = zip(*HEADER.iter_unpack(heads), strict=True)
        if (
            len(set(kinds)) > 1
            or lengths != tuple([len(frame) - 7 for frame in frames])
            or {frame[BEFORE_TEXT] for frame in frames} != {b"Z "}
            or nanoseconds(frames[0][STAMP]) <= self._after
        ):
            return None
        return [*_chunks(kinds[0], frames), *self._frames(rest)]

    def _frames(self, buffer: bytes) -> list[Chunk]:
        found: list[Chunk] = []
        position, end = 0, len(buffer)
        parts: list[bytes] = []
        stream = last = 0
        while position + 8 <= end:
            kind, length = HEADER.unpack_from(buffer, position)
            start, after = position + 8, position + 8 + length
            if after > end:
                break
            stamp = buffer.find(b" ", start, after) + 1
            at = nanoseconds(buffer[start : stamp - 1])
            position = after
            if at <= self._after:
                continue
            if parts and (kind != stream or at - last > GAP):
                found.append(Chunk(stream, last, b"".join(parts)))
                parts = []
            stream, last = kind, at
            parts.append(buffer[stamp:after])
        if parts:
            found.append(Chunk(stream, last, b"".join(parts)))
        self._rest = buffer[position:]
        return found

    def _lines(self, buffer: bytes) -> list[Chunk]:
        *lines, self._rest = buffer.split(b"\n")
        found: list[Chunk] = []
        for line in lines:
            stamp, _, text = line.partition(b" ")
            if nanoseconds(stamp) > self._after:
                found.append(Chunk(TERMINAL, nanoseconds(stamp), text + b"\n"))
        return found


def _chunks(kind: int, frames: list[bytes]) -> Iterator[Chunk]:
    """One of all lines of each millisecond; their times only grow."""
    begin = 0
    while begin < len(frames):
        millisecond = frames[begin][MILLISECOND]
        end = bisect_right(frames, millisecond, begin, key=itemgetter(MILLISECOND))
        text = b"\n".join([frame[TEXT] for frame in frames[begin:end]]) + b"\n"
        yield Chunk(kind, nanoseconds(frames[end - 1][STAMP]), text)
        begin = end


STAMP, MILLISECOND = slice(8, 38), slice(8, 31)
"""Where the time of a line is in its frame, to the nanosecond and to the millisecond."""
BEFORE_TEXT, TEXT = slice(37, 39), slice(39, None)
WORTH = 16
"""Lines in one go from which on it is worth the look."""
GAP = 1_000_000
"""Nanoseconds that lines of one chunk may lie apart: it has one time, that of its last line."""


def nanoseconds(stamp: bytes) -> int:
    """``2026-01-02T03:04:05.123456789Z`` in nanoseconds since the epoch."""
    fraction = stamp[20:-1]
    return _second(stamp[:19]) + int(fraction.ljust(9, b"0") if fraction else 0)


@lru_cache(maxsize=64)
def _second(text: bytes) -> int:
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    hour, minute, second = int(text[11:13]), int(text[14:16]), int(text[17:19])
    return timegm((year, month, day, hour, minute, second)) * 1_000_000_000
