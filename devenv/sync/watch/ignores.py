"""The ignore files of a source: read, and seen to change where they lie above it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from devenv.sync.ignore import Filter, Origin
from devenv.sync.watch.coalesce import Phase
from devenv.sync.watch.route import Place
from devenv.sync.watch.watcher import Watcher


class Ignores:
    """``rule`` is what they say; ``changed`` is called when they may say something else.

    Those within the source are seen by whoever watches that.
    """

    def __init__(
        self, read: Callable[[Place], Filter], watcher: Watcher, changed: Callable[[], None]
    ) -> None:
        self._read = read
        self._watcher = watcher
        self._changed = changed
        self.rule = Filter([])
        self._read_as: tuple[Place, Origin] | None = None

    def anew(self, place: Place) -> bool:
        """Read them, and tell whether they say something else than before."""
        rule = self._read(place)
        for folder in rule.origin.above:
            with suppress(OSError):
                self._watcher.add(self, folder, "")
        if (place, rule.origin) == self._read_as:
            return False
        self.rule, self._read_as = rule, (place, rule.origin)
        return True

    def mark(self, path: str, *, deep: bool, phase: Phase = Phase.CHANGED) -> None:
        """Take in that something has changed in a folder above."""
        if path in self.rule.origin.names:
            self._changed()

    def close(self) -> None:
        self._watcher.drop(self, self._watcher.numbers(self))
