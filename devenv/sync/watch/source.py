"""One source tree as it is now: events mark paths, a scan of these makes the next tree."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from functools import partial

from devenv.sync.ignore import Filter
from devenv.sync.scan import Scanner
from devenv.sync.tree import EMPTY, Folder
from devenv.sync.watch import inotify, losing
from devenv.sync.watch.coalesce import Pace, Phase, due, seen, taken
from devenv.sync.watch.git import git_lock, is_held
from devenv.sync.watch.ignores import Ignores
from devenv.sync.watch.route import Place, Route
from devenv.sync.watch.saving import is_saved
from devenv.sync.watch.watcher import Watcher

Read = Callable[[Place], Filter]
"""Makes the rule of what a path has led to."""
FEW = 64
"""Paths that are looked at right here: a thread costs more."""
POLL = 1.0
"""Seconds between two looks at what cannot be watched."""
LOCKED = 0.02
"""Seconds between two looks at git's lock."""


class Source:
    """``tree`` is None while there is no such folder. ``revision`` counts the trees.

    ``since`` is when the first event of the newest tree came, ``free`` when it could be sent at the
    earliest (monotonic), ``unwatched`` are the folders that are polled since the system has no
    watch left for them. ``place`` is where the path led to when the tree was made, ``rule`` what it
    was made by; ``read`` makes that anew when an ignore file has changed. ``at_once``: a save that
    is whole waits for no other.
    """

    def __init__(self, path: str, read: Read, watcher: Watcher, *, at_once: bool = True) -> None:
        self.place = Place(path)
        self.rule = Filter([])
        self.tree: Folder | None = EMPTY
        self.revision = 0
        self.since = self.free = 0.0
        self.unwatched: set[str] = set()
        self._watcher = watcher
        self._at_once = at_once
        self._scanner = Scanner(path, self.rule, self._watch)
        self._mark_all = partial(self.mark, "", deep=True)
        self._ignores = Ignores(read, watcher, self._mark_all)
        self._route = Route(path, watcher, self._mark_all)
        self._found = self.place
        self._lock = ""
        self._marks: dict[str, bool] = {}
        self._touched: set[int] = set()
        self._is_looking = True
        self._pace = Pace()
        self._wake = asyncio.Event()
        self._news = asyncio.Event()

    def mark(self, path: str, *, deep: bool, phase: Phase = Phase.CHANGED) -> None:
        """Look at a path again."""
        if path and not self._scanner.rule.concerns(path):
            return
        self._marks[path] = self._marks.get(path, False) or deep
        known = self.tree if self._at_once else None
        if phase is Phase.WHOLE and not is_saved(known, self._found.root, self._marks, path):
            phase = Phase.CHANGED
        self._pace = seen(self._pace, time.monotonic(), phase)
        self._wake.set()

    async def newer_than(self, revision: int) -> None:
        """Wait until there is a newer tree."""
        while self.revision <= revision:
            await self._news.wait()

    async def caught_up(self) -> None:
        """Wait until all that had happened before this call is in the tree."""
        await self._watcher.barrier()
        if self._is_polled:
            self._poll()
        while self._marks or self._is_looking:
            await self._news.wait()

    async def run(self) -> None:
        """Follow the folder until cancelled."""
        try:
            self._publish(await asyncio.to_thread(self._whole), time.monotonic())
            while True:
                await self._wait()
                await self._look()
        finally:
            self._ignores.close()
            self._route.close()
            self._watcher.drop(self, self._watcher.numbers(self))

    async def _wait(self) -> None:
        while True:
            self._wake.clear()
            now = time.monotonic()
            at = due(self._pace)
            if at is not None and at <= now:
                if not is_held(self._lock, due(self._pace, locked=True), now):
                    return
                at = now + LOCKED
            polls = at is None and self._is_polled
            pause = POLL if polls else None if at is None else max(0.0, at - now)
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                if polls:
                    self._poll()

    @property
    def _is_polled(self) -> bool:
        return self.tree is None or bool(self.unwatched) or not self._route.is_watched

    def _poll(self) -> None:
        self._watcher.count_room()
        if self.tree is None or self._route.leads_elsewhere():
            self._mark_all()
        for path in topmost(self.unwatched):
            self.mark(path, deep=True)

    async def _look(self) -> None:
        """Make the next tree; of a deletion of many files only when nothing more is deleted."""
        self._is_looking, since = True, self._pace.since or time.monotonic()
        found, before = await self._again(self.tree), losing.FEW
        while (gone := losing.lost(self.tree, found)) > before:
            before = gone
            await asyncio.sleep(losing.PAUSE)
            found = await self._again(found)
        self._publish(found, since)

    async def _again(self, tree: Folder | None) -> Folder | None:
        """Look at what was marked."""
        marks, self._marks = self._marks, {}
        self._pace = taken(self._pace, time.monotonic())
        if tree is None or "" in marks or any(map(self._scanner.rule.is_written_in, marks)):
            return await asyncio.to_thread(self._whole)
        if len(marks) > FEW or any(marks.values()):
            return await asyncio.to_thread(self._scanner.again, tree, marks)
        return self._scanner.again(tree, marks)

    def _whole(self) -> Folder | None:
        self._found = place = self._route.follow()
        self._lock = git_lock(place.root)
        self._ignores.anew(place)
        found = self._scan()
        while self._ignores.anew(place):  # it changed before it was watched
            found = self._scan()
        self._watcher.drop(self, self._watcher.numbers(self) - self._touched)
        return found

    def _scan(self) -> Folder | None:
        self._touched, self.unwatched = set(), set()
        self._scanner.root, self._scanner.rule = self._found.root, self._ignores.rule
        return self._scanner.whole()

    def _publish(self, found: Folder | None, since: float) -> None:
        if found is not self.tree or not self.revision:
            self.tree, self.since, self.rule = found, since, self._scanner.rule
            self.place = self._found
            self.revision += 1
        self._is_looking = False
        self._news.set()
        self._news = asyncio.Event()

    def _watch(self, path: str) -> None:
        try:
            self._touched.add(self._watcher.add(self, self._found.root, path))
            self.unwatched.discard(path)
        except OSError as error:
            if error.errno not in inotify.NO_ROOM:
                raise
            self.unwatched.add(path)


def topmost(paths: Iterable[str]) -> list[str]:
    """Leave out the folders that are below another one of these."""
    found: list[str] = []
    for path in sorted(paths, key=lambda one: f"{one}/" if one else ""):
        if not found or (found[-1] and not f"{path}/".startswith(f"{found[-1]}/")):
            found.append(path)
    return found
