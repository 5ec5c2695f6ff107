"""A container's own terminal, or its input and output."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack

from devenv.errors import DevenvError
from devenv.runtimes.docker.address import Address
from devenv.runtimes.docker.duplex import NO_DETACHING, Duplex, Target
from devenv.runtimes.docker.place import Place
from devenv.runtimes.docker.rows import Row
from devenv.runtimes.docker.stream import Streams, hijack, query, request


async def attach(place: Place, row: Row, size: tuple[int, int]) -> Duplex:
    """Connect with a container that runs. Raises DevenvError for one that nobody can talk to."""
    name = row.replica.service
    if not (row.tty or row.stdin_open):
        raise DevenvError(
            f"{name} has no terminal and takes no input",
            f"write `tty: true` or `stdin_open: true`; or see devenv logs -f {name}",
        )
    duplex = await join(place.engine.connection.door, row.container, tty=row.tty)
    columns, rows = size
    # Only a change makes what runs draw its screen anew.
    await duplex.resize(columns, max(1, rows - 1))
    await duplex.resize(columns, rows)
    return duplex


async def join(
    address: Address, container: str, *, tty: bool, until: str = "not-running"
) -> Duplex:
    """Connect with a container that runs, or is to be started. ``until``: what is its end.

    Its end is waited for from now on, for it may be started again at once.
    """
    async with AsyncExitStack() as stack:
        path = f"/containers/{container}"
        waiting = await stack.enter_async_context(
            request(address, "POST", f"{path}/wait?{query(condition=until)}")
        )
        asked = query(stream=1, stdin=1, stdout=1, stderr=1, detachKeys=NO_DETACHING)
        streams = await hijack(address, f"{path}/attach?{asked}")

        async def ended() -> int:
            return await _code(waiting)

        target = Target(address, path, tty, ended, stack.pop_all())
    return Duplex(streams, target)


async def _code(waiting: Streams) -> int:
    return int(json.loads(await waiting[0].read())["StatusCode"])
