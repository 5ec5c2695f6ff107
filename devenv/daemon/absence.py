"""Checkouts that are not there any more: what runs for them is taken down after a day."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Iterable, Mapping

from devenv.daemon.environment import LiveEnvironment, boottime
from devenv.daemon.intent import Leaving, leaving
from devenv.model.environment import EnvironmentId

PATIENCE = 24 * 3600.0
"""Seconds for which a checkout may be away: moved, on a disk that is not mounted, made again."""
EVERY = 1800.0
"""Seconds between two looks."""


class Absences:
    """Since when each checkout is missing, as far as this daemon has seen."""

    def __init__(self) -> None:
        self._since: dict[EnvironmentId, float] = {}

    def overdue(self, missing: Collection[EnvironmentId], now: float) -> list[EnvironmentId]:
        """Take in which are missing at ``now`` (seconds); return those that were for too long."""
        self._since = {one: self._since.get(one, now) for one in missing}
        return [one for one, since in self._since.items() if now - since >= PATIENCE]


async def take_down_deleted(environments: Iterable[LiveEnvironment]) -> None:
    """Go on until cancelled. Data stays."""
    absences = Absences()
    while True:
        up = {live.id: live for live in environments if depends_on_its_folder(live)}
        roots = {key: live.board.newest.intent.checkout.root for key, live in up.items()}
        missing = await asyncio.to_thread(_missing, roots)
        for environment in absences.overdue(missing, boottime()):
            live = up[environment]
            live.journal.note("", f"{roots[environment]} is gone for a day: it is taken down")
            await live.change(lambda intent, _: leaving(intent, Leaving.KEEP_DATA))
        await asyncio.sleep(EVERY)


def depends_on_its_folder(live: LiveEnvironment) -> bool:
    """A preview belongs to a branch, wherever that is checked out."""
    intent = live.board.newest.intent
    return intent.is_up and intent.preview is None


def _missing(roots: Mapping[EnvironmentId, str]) -> list[EnvironmentId]:
    return [environment for environment, root in roots.items() if not os.path.lexists(root)]
