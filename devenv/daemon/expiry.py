"""Previews of ours whose time is over: taken down while a daemon runs, as ``sweep`` does it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from devenv.daemon.environment import LiveEnvironment
from devenv.daemon.intent import Leaving, leaving
from devenv.runtimes.kubernetes.runtime import KubernetesRuntime

EVERY = 5.0
"""Seconds between two looks, which ask nobody: what the cluster says is known."""


async def take_down_expired(
    environments: Iterable[LiveEnvironment], kubernetes: KubernetesRuntime
) -> None:
    """Go on until cancelled."""
    while True:
        await asyncio.sleep(EVERY)
        for live in environments:
            if _is_over(live, kubernetes, time.time()):
                live.journal.note("", "its time is over: it is taken down")
                await live.change(lambda intent, _: leaving(intent, Leaving.WITH_DATA))


def _is_over(live: LiveEnvironment, kubernetes: KubernetesRuntime, now: float) -> bool:
    """Tell whether the namespace of a preview says so; away or not there yet, it does not."""
    intent = live.board.newest.intent
    place = kubernetes.servers.get(live.id)
    if intent.preview is None or not intent.is_up or place is None or place.server.away:
        return False
    expires = place.expires
    return expires is not None and expires < now
