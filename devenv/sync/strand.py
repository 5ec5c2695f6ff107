"""One rule of a service: its source, and what has changed since it was last acted on."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from functools import partial

from devenv.model.sync import SyncRule
from devenv.sync.diff import news
from devenv.sync.guard import Guard, changed
from devenv.sync.ignore import Filter, Verdict, kept
from devenv.sync.mirror import Way
from devenv.sync.rules import read
from devenv.sync.tree import EMPTY, Folder, Odd, at
from devenv.sync.watch.source import Source
from devenv.sync.watch.watcher import Watcher


class Strand:
    """One rule: its source, the tree at the beginning, and the one that was last acted on.

    ``guard`` keeps a service from spinning that writes into what its rule watches; ``pending``
    are the paths that will be acted on when they are ``due`` (monotonic); ``failure``: what went
    wrong when it was acted on last.
    """

    def __init__(self, rule: SyncRule, watcher: Watcher) -> None:
        self.rule = rule
        self.way = Way(rule.target)
        self.source = Source(rule.source, partial(read, rule), watcher, at_once=not rule.acts)
        self.base: Folder | None = None
        self.guard = Guard()
        self.pending: list[str] = []
        self.due = 0.0
        self.failure = ""
        self._acted: Folder | None = None
        self._rule: Filter | None = None
        self._is_kept = False

    def take(self) -> list[str]:
        """Return what has changed since the last call; what is there at first is no change."""
        tree = self.source.tree
        if self._acted is None and self.source.revision:
            self.base = self._acted = tree or EMPTY
        if self._acted is None or tree is None:
            return []
        if self._rule is not self.source.rule:
            self._rule = self.source.rule
            self._acted = kept(self._acted, self._rule)
        found = list(news(self._acted, tree))
        self._acted = tree
        return found

    @property
    def waiting(self) -> int:
        """How many files have changed, and are not acted on yet."""
        tree = self.source.tree
        fresh = () if self._acted is None or tree is None else news(self._acted, tree)
        return len({*self.pending, *fresh})

    def keep(self, *, is_kept: bool) -> None:
        """Take in whether nothing may be sent: that time is no part of how long a file takes."""
        if self._is_kept and not is_kept:
            self.source.free = time.monotonic()
        self._is_kept = is_kept

    def calm(self) -> None:
        """Act at once again, whatever has been spinning."""
        self.guard, self.due = Guard(), 0.0

    def explain(self, path: str) -> Verdict | None:
        """Say why an absolute path is taken or not; None: it is not below the source."""
        below = os.path.relpath(path, self.source.place.root)
        if below == ".." or below.startswith("../"):
            return None
        verdict = self.source.rule.decisive(below, folder=os.path.isdir(path))
        entry = at(self.source.tree or EMPTY, below)
        return Verdict(False, entry.why) if verdict.taken and isinstance(entry, Odd) else verdict

    def put_off(self, paths: Sequence[str]) -> bool:
        """Have these acted on too, when it is time; tell whether that is later than asked for.

        It is told once until they are acted on.
        """
        self.pending = list(dict.fromkeys([*self.pending, *paths]))
        before, self.guard = self.guard, changed(self.guard, self.source.since)
        self.due = time.monotonic() + max(self.rule.debounce, self.guard.pause)
        return self.guard.is_spinning and self.guard != before
