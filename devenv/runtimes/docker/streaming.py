"""A container's log as it comes, from where it was left."""

from __future__ import annotations

from collections.abc import AsyncIterator

from devenv.model.environment import ReplicaId
from devenv.runtimes.docker.frames import Frames
from devenv.runtimes.docker.place import Place
from devenv.runtimes.docker.stream import READ, query, request
from devenv.runtimes.protocol import Chunk


async def follow(place: Place, replica: ReplicaId, since: int) -> AsyncIterator[list[Chunk]]:
    """Yield chunks that are newer than ``since`` (nanoseconds), until the container ends.

    Raises AwayError when the engine goes away.
    """
    row = place.rows().get(replica)
    if row is None:
        return
    asked = query(
        follow=1, stdout=1, stderr=1, timestamps=1, since=f"{since // 10**9}.{since % 10**9:09}"
    )
    frames = Frames(tty=row.tty, after=since)
    address = place.engine.connection.door
    async with request(address, "GET", f"/containers/{row.container}/logs?{asked}") as (
        reader,
        _,
    ):
        while data := await reader.read(READ):
            if chunks := frames.feed(data):
                yield chunks
