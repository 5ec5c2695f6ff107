"""Previews of ours whose time is over: told before, then taken down, as ``sweep`` does it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from devenv.api.wording import duration, ends_soon
from devenv.daemon.environment import LiveEnvironment, take_down
from devenv.model.environment import EnvironmentId
from devenv.runtimes.kubernetes.runtime import KubernetesRuntime

EVERY = 5.0
"""Seconds between two looks, which ask nobody: what the cluster says is known."""


async def take_down_expired(
    environments: Iterable[LiveEnvironment], kubernetes: KubernetesRuntime
) -> None:
    """Go on until cancelled."""
    warned: frozenset[EnvironmentId] = frozenset()
    while True:
        await asyncio.sleep(EVERY)
        now = time.time()
        ends = [(live, _expires(live, kubernetes)) for live in environments]
        soon = {live: at - now for live, at in ends if at is not None and ends_soon(at, now)}
        for live, left in soon.items():
            if live.id not in warned:
                live.journal.note("", f"its time is over in {duration(left)}: {LONGER}")
        warned = frozenset(live.id for live in soon)
        for live, at in ends:
            if at is not None and at < now:
                await take_down(live, "its time is over")


LONGER = "devenv preview extend lets it live on"


def _expires(live: LiveEnvironment, kubernetes: KubernetesRuntime) -> float | None:
    """When the namespace of a preview says that its time is over, in seconds since the epoch.

    None: it is none, away, or not there yet.
    """
    intent = live.board.newest.intent
    place = kubernetes.servers.get(live.id)
    if intent.preview is None or not intent.is_up or place is None or place.server.away:
        return None
    return place.expires
