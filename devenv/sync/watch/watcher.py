"""The one reader of file events: it tells each source where to look again."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from typing import Protocol

from devenv.sync.watch import inotify
from devenv.sync.watch.coalesce import Phase
from devenv.sync.watch.inotify import Event, Inotify

SHARE = 0.9
"""Of the watches that the user may have: an editor needs some too."""


class Marked(Protocol):
    """Who is told where to look again."""

    def mark(self, path: str, *, deep: bool, phase: Phase = Phase.CHANGED) -> None: ...


class Watcher:
    """``add`` is called from threads that scan; events are read in the loop's thread.

    An event of a folder that is not known yet is dropped: the folder is read after it is known.
    """

    def __init__(self, folder: str) -> None:
        """``folder`` is our own, and made anew: its files mark places in the row of events."""
        self._inotify = Inotify()
        self._places: dict[int, dict[Marked, str]] = {}
        self._cookies: dict[str, asyncio.Future[None]] = {}
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder, mode=0o700)
        self._cookie_watch = self._inotify.add(self._folder)
        self._count = 0
        self._most = 0
        self.count_room()
        self.overflows = 0
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._inotify.descriptor, self._ready)

    def add(self, source: Marked, root: str, path: str) -> int:
        """Watch a folder of a source; return the number of the watch. Raises OSError."""
        if self._most and len(self._places) >= self._most:
            raise OSError(errno.ENOSPC, "the share of the user's watches is taken", path)
        number = self._inotify.add(os.path.join(root, path))
        self._places.setdefault(number, {})[source] = path
        return number

    def add_itself(self, source: Marked, path: str) -> int:
        """Watch whether a folder or a link is moved or deleted. Raises OSError."""
        number = self._inotify.add(path, inotify.ITSELF)
        self._places.setdefault(number, {})[source] = ""
        return number

    def count_room(self) -> None:
        """Take in how many watches there may be: somebody may have raised the limit."""
        self._most = int(inotify.limit() * SHARE)

    def numbers(self, source: Marked) -> set[int]:
        """The watches of a source."""
        return {number for number, places in list(self._places.items()) if source in places}

    def drop(self, source: Marked, numbers: set[int]) -> None:
        """Watch these folders of a source no longer."""
        for number in numbers:
            places = self._places.get(number, {})
            places.pop(source, None)
            is_last = not places and self._places.pop(number, None) is not None
            if is_last and number != self._cookie_watch:
                self._inotify.remove(number)

    async def barrier(self) -> None:
        """Return when all that happened before this call has been seen.

        The kernel keeps the order of events: a file of our own is seen after all before it.
        """
        self._count += 1
        name = str(self._count)
        path = os.path.join(self._folder, name)
        seen = self._cookies[name] = self._loop.create_future()
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        try:
            await seen
        finally:
            os.unlink(path)
            self._cookies.pop(name, None)

    def close(self) -> None:
        self._loop.remove_reader(self._inotify.descriptor)
        self._inotify.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _ready(self) -> None:
        for event in self._inotify.read():
            self._take(event)

    def _take(self, event: Event) -> None:
        if event.mask & inotify.OVERFLOW:
            self._overflowed()
        elif event.watch == self._cookie_watch:
            self._saw_cookie(event.name)
        elif event.mask & inotify.IGNORED:
            self._places.pop(event.watch, None)
        else:
            for source, path in list(self._places.get(event.watch, {}).items()):
                self._tell(source, path, event)

    def _tell(self, source: Marked, path: str, event: Event) -> None:
        if event.mask & inotify.MOVE_SELF:
            self._moved_away(source, path)
        elif not event.name:
            source.mark(path, deep=bool(event.mask & inotify.DELETE_SELF))
        else:
            is_folder = bool(event.mask & inotify.ISDIR)
            appeared = bool(event.mask & (inotify.CREATE | inotify.MOVED_TO))
            source.mark(
                f"{path}/{event.name}" if path else event.name,
                deep=is_folder and appeared,
                phase=Phase.CHANGED if is_folder else _phase(event.mask),
            )

    def _moved_away(self, source: Marked, path: str) -> None:
        """The watches of a moved folder go with it: they are made anew where it is found."""
        below = {
            number
            for number, places in self._places.items()
            if (at := places.get(source)) is not None and _is_within(at, path)
        }
        self.drop(source, below)
        source.mark(path, deep=True)

    def _overflowed(self) -> None:
        self.overflows += 1
        for source in {source for places in self._places.values() for source in places}:
            source.mark("", deep=True)
        for seen in self._cookies.values():
            _settle(seen)

    def _saw_cookie(self, name: str) -> None:
        seen = self._cookies.get(name)
        if seen is not None:
            _settle(seen)


def _phase(mask: int) -> Phase:
    if mask & inotify.CREATE:
        return Phase.MADE
    return Phase.WHOLE if mask & inotify.MOVED_TO else Phase.CHANGED


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _is_within(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")
