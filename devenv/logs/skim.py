"""Tell quickly that a page lacks some bytes, without making lines of its records."""

from __future__ import annotations

from devenv.logs.pages import Pages
from devenv.logs.segment import CONTINUES, HEADER, MAGIC

_NEWLINE = 10
Tails = dict[int, bytes]
"""By stream, the end of a record that ended within a line."""


class Skim:
    """Looks for ``needle`` in records as they lie. It is of use where pages are asked in order."""

    def __init__(self, pages: Pages, needle: bytes) -> None:
        self._pages = pages
        self._needle = needle
        self._next = -1
        self._tails: list[Tails] = []

    def lacks(self, number: int) -> bool:
        """Return True only if no line of the page has the needle, however it is coloured."""
        spans = self._pages.spans(number)
        is_known = number == self._next
        tails = self._tails if is_known else [{} for _ in spans]
        found = False
        for (track, low, high), ends in zip(spans, tails, strict=True):
            for records in track.records(low, high):
                found = found or self._needle in records or b"\x1b" in records
                found = crosses(records, ends, self._needle) or found
        self._next, self._tails = number + 1, tails
        return is_known and not found


def crosses(records: bytes, tails: Tails, needle: bytes) -> bool:
    """Tell whether a line that goes on in the next record may have ``needle`` across the border.

    ``tails`` are those of the records before, and become those of the records after.
    """
    reach = len(needle)
    at, size, found = 0, len(records), False
    unpack = HEADER.unpack_from
    while at + 16 <= size:
        magic, stream, flags, length, _ = unpack(records, at)
        begin = at + 16
        at = begin + length
        if magic != MAGIC or at > size:
            return True
        if flags & CONTINUES and not found:
            seam = tails.get(stream, b"") + records[begin : min(begin + reach, at)]
            found = needle in seam
        if records[at - 1] == _NEWLINE:
            tails.pop(stream, None)
        else:
            before = tails.get(stream, b"") if length < reach else b""
            tails[stream] = (before + records[max(begin, at - reach) : at])[-reach:]
    return found
