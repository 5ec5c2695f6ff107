"""Where the newest view of an environment hangs, and where those who wait for a newer one stand."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

from devenv.daemon.intent import Intent
from devenv.daemon.journal import Journal
from devenv.model.environment import Desired
from devenv.model.plan import Plan
from devenv.model.snapshot import Snapshot
from devenv.model.unit import Observed
from devenv.planning.happened import Told, happened
from devenv.planning.view import snapshot


@dataclass(frozen=True, slots=True)
class Published:
    """The newest round, and its number. ``gone``: nothing is left, of its runtimes neither."""

    revision: int
    intent: Intent
    desired: Desired
    observed: Observed
    plan: Plan
    snapshot: Snapshot
    gone: bool = True

    @property
    def settled(self) -> bool:
        return self.snapshot.settled and not self.intent.leaving


class Board:
    """Latest wins: a slow reader skips to the newest, and none is missed."""

    def __init__(self, intent: Intent, desired: Desired, journal: Journal) -> None:
        self.newest = Published(0, intent, desired, Observed(), Plan(), Snapshot(empty=True))
        self._journal = journal
        self._told = {name: Told(state) for name, state in journal.states().items()}
        self._news = asyncio.Event()

    async def newer_than(self, revision: int, timeout: float) -> Published:
        """Wait for a round newer than ``revision``; the newest one when the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self.newest.revision <= revision:
                    await self._news.wait()
        return self.newest

    def publish(
        self, intent: Intent, desired: Desired, observed: Observed, *, plan: Plan, gone: bool
    ) -> None:
        """Hang up the outcome of a round; it is news only if something in it can be seen."""
        before = self.newest
        view = snapshot(desired, observed, plan)
        news, self._told = happened(self._told, view, time.time())
        self._journal.record(news)
        changed = before.revision == 0 or view != before.snapshot or gone != before.gone
        revision = before.revision + changed
        self.newest = Published(revision, intent, desired, observed, plan, view, gone)
        if changed:
            self._news.set()
            self._news = asyncio.Event()
