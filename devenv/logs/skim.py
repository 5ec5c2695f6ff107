"""Tell quickly that a page lacks some bytes, without making lines of its records."""

from __future__ import annotations

from devenv.logs.needle import Needle
from devenv.logs.pages import Pages
from devenv.logs.segment import CONTINUES, HEADER, MAGIC

_NEWLINE = 10
_STREAMS = 4
_ESCAPE = b"\x1b"
Tails = dict[int, bytes]
"""By stream, the end of a record that ended within a line; the needle: that line may have it."""


class Skim:
    """Looks for ``needle`` in records as they lie. It is of use where pages are asked in order."""

    def __init__(self, pages: Pages, needle: bytes) -> None:
        self._pages = pages
        self._needle = Needle(needle)
        self._next = -1
        self._tails: list[Tails] = []

    def lacks(self, number: int) -> bool:
        """Return True only if no line of the page has the needle, however it is coloured."""
        spans = self._pages.spans(number)
        if number != self._next:
            self._tails = [dict.fromkeys(range(_STREAMS), self._needle.data) for _ in spans]
        found = False
        for (track, low, high), tails in zip(spans, self._tails, strict=True):
            for records in track.records(low, high):
                found = crosses(records, tails, self._needle) or found
        self._next = number + 1
        return not found


def crosses(records: bytes, tails: Tails, sought: Needle) -> bool:
    """Tell whether a line that ends in these records, or goes on in them, may have what is sought.

    ``tails`` are those of the records before, and become those of the records after.
    """
    needle = sought.data
    reach = len(needle)
    has = sought.is_in(records) or _ESCAPE in records
    at, size, found = 0, len(records), has
    unpack = HEADER.unpack_from
    while at + 16 <= size:
        magic, stream, flags, length, _ = unpack(records, at)
        begin = at + 16
        at = begin + length
        if magic != MAGIC or at > size:
            return True
        before = tails.get(stream, b"") if flags & CONTINUES else b""
        if before and not found:
            found = needle in before + records[begin : min(begin + reach, at)]
        if records[at - 1] == _NEWLINE:
            tails.pop(stream, None)
            continue
        line = max(records.rfind(b"\n", begin, at) + 1, begin)
        if (has and _may_have(records[line:at], needle)) or (line == begin and before == needle):
            tails[stream] = needle
        else:
            tails[stream] = ((before if line == begin else b"") + records[line:at])[-reach:]
    return found


def _may_have(text: bytes, needle: bytes) -> bool:
    return needle in text or _ESCAPE in text
