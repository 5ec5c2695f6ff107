"""That a preview is used: written on its home now and then, so that it lives on and all see it."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from typing import TYPE_CHECKING

from devenv.errors import DevenvError
from devenv.model.preview import Cluster

if TYPE_CHECKING:  # loaded when the first cluster is asked
    from devenv.runtimes.kubernetes.place import Place

EVERY = 300.0
"""Seconds between two notes of one preview, however much it is used."""


class Uses:
    """When each preview was noted to be used, by its cluster and its name (monotonic)."""

    def __init__(self) -> None:
        self._noted: dict[tuple[Cluster, str], float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def note(self, place: Place) -> None:
        """Write it down soon, unless that was done just now."""
        noted, now = (place.preview.cluster, place.preview.name), time.monotonic()
        if now - self._noted.get(noted, -math.inf) < EVERY:
            return
        self._noted[noted] = now
        task = asyncio.create_task(_write(place))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _write(place: Place) -> None:
    """It lives on from now; one that was given longer keeps that."""
    from devenv.runtimes.kubernetes import namespaces

    home = place.server.homes.living(place.preview)
    if home is None:
        return
    expires = place.lives_until(place.preview.lifetime)
    try:
        await namespaces.annotate(place.server, home, expires=expires, used=time.time())
    except DevenvError as error:
        logging.info("the use of %s is not noted: %s", place.preview.name, error.message)
