"""The end of a preview: what runs of it is stopped while its namespace goes already.

A cluster waits five seconds before it looks at what is in a namespace that was deleted, and that
takes no new pods from then on: time enough for what runs to end by itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from devenv.errors import DevenvError
from devenv.runtimes.kubernetes import names, namespaces
from devenv.runtimes.kubernetes.cache import Object, is_leaving, label
from devenv.runtimes.kubernetes.homes import is_ours_to_delete, namespace_of
from devenv.runtimes.kubernetes.place import Place
from devenv.runtimes.kubernetes.resources import POD, name_of
from devenv.runtimes.kubernetes.rows import grace, is_over, unit_of
from devenv.runtimes.kubernetes.server import Server
from devenv.runtimes.kubernetes.workloads import GOES_WITHIN, Workloads


async def begin(place: Place) -> None:
    """Stop all that runs of a preview, and delete each namespace that it has."""
    homes = filter(is_ours_to_delete, place.server.homes.of(place.preview))
    if place.namespace:
        place.ending = place.namespace
        workloads, there = Workloads(place), place.workloads(0.0).values()
        running = [one for one in there if unit_of(one[1]).exit is None]
        await asyncio.gather(*(workloads.suspend(*one) for one in running))
    await asyncio.gather(*(namespaces.delete(place.server, one) for one in homes))


async def end(place: Place) -> None:
    """The same, and return once nothing runs of it. DevenvError: something does not end."""
    await begin(place)

    def left() -> list[Object]:
        pods = place.server.cache.all(POD, place.ending) if place.ending else ()
        return [pod for pod in pods if _runs(pod, place.preview.name)]

    within = max(map(grace, left()), default=0.0) + GOES_WITHIN
    if not await place.server.cache.until(lambda: not left(), within):
        raise DevenvError(
            f"{', '.join(map(name_of, left()))} in {place.ending} does not end",
            f"see kubectl describe pod --namespace {place.ending}",
        )


async def keep(place: Place) -> None:
    """Let a namespace stay in which nothing runs, and say so."""
    home = place.server.homes.living(place.preview)
    if home is not None:
        await namespaces.annotate(place.server, home, kept=time.time())


def is_over_with(server: Server, preview: str, homes: Iterable[Object]) -> bool:
    """Tell whether all namespaces of a preview, by its name, are going, and nothing runs there."""
    return all(
        is_leaving(home)
        and not any(_runs(pod, preview) for pod in server.cache.all(POD, namespace_of(home)))
        for home in homes
    )


def _runs(pod: Object, preview: str) -> bool:
    return label(pod, names.PREVIEW) == preview and not is_over(pod)
