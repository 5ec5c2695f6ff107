"""The ends of containers: what is gone already is a success, whoever has removed it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

from devenv.runtimes.docker import names
from devenv.runtimes.docker.connection import RefusedError
from devenv.runtimes.docker.place import Place
from devenv.runtimes.docker.records import Record
from devenv.runtimes.docker.rows import Row

UNCHANGED = 304
GONE = 404
CONFLICT = 409
IN_PROGRESS = "is already in progress"


async def unless_gone(place: Place, work: Any) -> None:
    try:
        await place.engine.connection.call(work)
    except RefusedError as error:
        if error.status not in {UNCHANGED, GONE}:
            raise


async def removed(place: Place, container: str, **how: bool) -> None:
    """Remove a container, or wait until whoever removes it already has done so."""
    try:
        await unless_gone(place, lambda client: client.remove_container(container, **how))
    except RefusedError as error:
        if error.status != CONFLICT or IN_PROGRESS not in error.message:
            raise
        await unless_gone(place, lambda client: client.wait(container, condition="removed"))
    place.engine.forget(container)


async def remove_all(place: Place) -> None:
    """Remove every container of the environment, also what never ran, and what runs."""
    await asyncio.gather(*(_by_force(place, one) for one in await _listed(place)))


async def give_up(place: Place, volume: str) -> None:
    """Remove a volume with its data, and before that our containers that use it."""
    users = await _listed(place, volume=volume)
    await asyncio.gather(*(_give_up(place, one) for one in users))
    await unless_gone(place, lambda client: client.remove_volume(volume))


def note_stop(place: Place, row: Row) -> None:
    """Remember that its end was asked for."""
    record = place.records.get(row.container, Record(row.generation))
    place.records.put(row.container, replace(record, stopped=time.time()))


async def _listed(place: Place, **filters: str) -> list[str]:
    ours = {"label": f"{names.ENVIRONMENT}={place.environment}", **filters}
    listed = await place.engine.connection.call(
        lambda client: client.containers(all=True, filters=ours)
    )
    return [one["Id"] for one in listed]


async def _by_force(place: Place, container: str) -> None:
    await removed(place, container, v=True, force=True)


async def _give_up(place: Place, container: str) -> None:
    row = place.engine.rows.get(container)
    if row is not None:
        note_stop(place, row)
    await unless_gone(place, lambda client: client.stop(container))
    await _by_force(place, container)
