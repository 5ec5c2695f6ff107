"""Whether an escape goes back to the table: not the one too many. Pure."""

from __future__ import annotations

from enum import Enum, auto


class Escape(Enum):
    """What the last escape has done, if it was the last key."""

    NONE = auto()
    ENDED = auto()
    WARNED = auto()


class Leaving:
    """Told of every key, and of what ends; in a table other keys mean other things."""

    def __init__(self) -> None:
        self._before = self._now = Escape.NONE

    def pressed(self) -> None:
        """A key was pressed; what it does comes now."""
        self._before, self._now = self._now, Escape.NONE

    def ended(self) -> None:
        """The key has ended something."""
        self._now = Escape.ENDED

    def warn(self) -> bool:
        """Tell whether to warn of an escape that has nothing to end, before one goes back."""
        if self._before is Escape.ENDED:
            self._now = Escape.WARNED
        return self._now is Escape.WARNED

    @property
    def is_warned(self) -> bool:
        return self._before is Escape.WARNED
