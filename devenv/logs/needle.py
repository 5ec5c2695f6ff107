"""Bytes that are looked for in much text, by the rarest of them: one byte is found far sooner."""

from __future__ import annotations

_SAMPLE = 16 * 1024
_RARE = 512
"""A byte is rare if it is at most one of so many; else to look at each costs more than it saves."""


class Needle:
    """``data`` is looked for; which byte of it is rare is learnt from the first text."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._offset: int | None = None
        """Where the rarest byte is in it; None: not known yet, or none is rare."""
        self._is_known = False

    def is_in(self, text: bytes) -> bool:
        """Tell what ``data in text`` does."""
        if not self._is_known:
            self._learn(text[:_SAMPLE])
        if self._offset is None:
            return self.data in text
        return self._is_around(text, self._offset)

    def _is_around(self, text: bytes, offset: int) -> bool:
        rare = self.data[offset : offset + 1]
        at = text.find(rare, offset)
        left = len(text) // _RARE + 1
        while at >= 0 and left:
            if text.startswith(self.data, at - offset):
                return True
            at = text.find(rare, at + 1)
            left -= 1
        return at >= 0 and text.find(self.data, at - offset) >= 0

    def _learn(self, sample: bytes) -> None:
        counts = [sample.count(byte) for byte in self.data]
        least = min(counts, default=len(sample))
        self._offset = counts.index(least) if least <= len(sample) // _RARE else None
        self._is_known = bool(sample)
