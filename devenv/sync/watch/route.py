"""Where the path of a source leads: through folders and links, any of which may be replaced."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from devenv.sync.watch.coalesce import Phase
from devenv.sync.watch.watcher import Watcher

LINKS = 40
"""Links that one path may lead through, as many as in Linux itself (path_resolution(7))."""


@dataclass(frozen=True, slots=True)
class Place:
    """``root``: a folder, by a path without links. ``only``: the one file in it that counts."""

    root: str
    only: str = ""


class Route:
    """``path`` is absolute. ``changed`` is called when it may lead elsewhere from now on.

    Whether it is for a folder or a file is decided by what is there first, and stays so.
    ``is_watched``: nothing on the way can be replaced unseen.
    """

    def __init__(self, path: str, watcher: Watcher, changed: Callable[[], None]) -> None:
        self.is_watched = True
        self._path = path
        self._watcher = watcher
        self._changed = changed
        self._is_file: bool | None = None
        self._touched: set[int] = set()
        self._root: tuple[int, int] | None = None

    def follow(self) -> Place:
        """Say where it leads; all that it leads through is watched before it is looked at."""
        self.is_watched, self._touched = True, set()
        end = self._end()
        self._watcher.drop(self, self._watcher.numbers(self) - self._touched)
        if self._is_file is None and os.path.exists(end):
            self._is_file = not os.path.isdir(end)
        place = Place(*os.path.split(end)) if self._is_file else Place(end)
        self._root = _identity(place.root)
        return place

    def leads_elsewhere(self) -> bool:
        """Tell whether there is another folder now than where it was followed to."""
        end = os.path.realpath(self._path)
        return _identity(os.path.dirname(end) if self._is_file else end) != self._root

    def mark(self, path: str, *, deep: bool, phase: Phase = Phase.CHANGED) -> None:
        """Take in an event of what it leads through; only what is that itself counts."""
        if not path:
            self._changed()

    def close(self) -> None:
        self._watcher.drop(self, self._watcher.numbers(self))

    def _end(self) -> str:
        at, left, links = "/", _names(self._path), 0
        while left:
            name = left.pop()
            if name == "..":
                at = os.path.dirname(at)
                continue
            here = os.path.join(at, name)
            if left or os.path.islink(here):  # a source's own folder is watched with its content
                self._watch(here)
            target = _target(here) if links < LINKS else None
            if target is None:
                at = here
            else:
                links += 1
                left += _names(target)
                at = "/" if target.startswith("/") else at
        return at

    def _watch(self, path: str) -> None:
        try:
            self._touched.add(self._watcher.add_itself(self, path))
        except FileNotFoundError:
            return
        except OSError:
            self.is_watched = False


def _names(path: str) -> list[str]:
    """The names of a path, the first one last."""
    return [name for name in reversed(path.split("/")) if name not in {"", "."}]


def _target(path: str) -> str | None:
    try:
        return os.readlink(path)
    except OSError:
        return None


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
