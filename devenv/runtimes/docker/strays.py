"""Networks of environments that are no more: found by our labels, and removed by their id.

Only what this very state folder had made, of an environment that nobody knows, without containers.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from devenv.runtimes.docker import names
from devenv.runtimes.docker.connection import Connection, RefusedError


@dataclass(frozen=True, slots=True)
class Stray:
    """A network: its id and name in the engine, and the environment that it was made for."""

    id: str
    name: str
    environment: str


def origin_of(state_folder: str) -> str:
    """A name for a user's state folder on this machine, that no other user's has."""
    machine = Path("/etc/machine-id")
    number = machine.read_text().strip() if machine.exists() else ""
    parts = (number, socket.gethostname(), str(os.getuid()), os.path.realpath(state_folder))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


async def find(connection: Connection, origin: str, known: Collection[str]) -> list[Stray]:
    """The networks that ``origin`` made for environments that are not ``known``."""
    ours = {"label": [f"{names.ORIGIN}={origin}", names.ENVIRONMENT]}
    listed = await connection.call(lambda client: client.networks(filters=ours))
    strays = (
        Stray(one["Id"], one["Name"], one["Labels"][names.ENVIRONMENT])
        for one in listed
        if one["Labels"][names.ENVIRONMENT] not in known
    )
    return [one for one in strays if not await _is_used(connection, one)]


async def remove(connection: Connection, strays: Collection[Stray]) -> list[Stray]:
    """Remove networks; return those that are gone. One that is used by now stays."""
    return [one for one in strays if await _removed(connection, one.id)]


async def _is_used(connection: Connection, stray: Stray) -> bool:
    """Tell whether a container is of its environment, or in it: also one that does not run.

    One that was never started is found by the network's name only.
    """
    of_it = {"label": f"{names.ENVIRONMENT}={stray.environment}"}
    in_it = {"network": [stray.id, stray.name]}
    return bool(
        await connection.call(lambda client: client.containers(all=True, filters=of_it))
        or await connection.call(lambda client: client.containers(all=True, filters=in_it))
    )


async def _removed(connection: Connection, network: str) -> bool:
    try:
        await connection.call(lambda client: client.remove_network(network))
    except RefusedError as error:
        return error.status == 404
    return True
