"""A connection into a pod, over a WebSocket (v4.channel.k8s.io): channel 0 data, 1 its errors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import aiohttp

from devenv.model.environment import ReplicaId
from devenv.runtimes.kubernetes.executing import pod_of
from devenv.runtimes.kubernetes.place import Place
from devenv.runtimes.kubernetes.resources import POD, name_of

PROTOCOL = "v4.channel.k8s.io"
DATA, ERROR = 0, 1
PIECE = 64 * 1024
LINGERS = 10.0
"""Seconds that a pod may be silent once its client sends no more, which may still wait for it."""


async def forward(
    place: Place,
    replica: ReplicaId,
    port: int,
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    """Join a connection of this machine with a port of a pod, until either side has ended.

    DevenvError: no pod, or the cluster refuses.
    """
    reader, writer = streams
    path = POD.path(place.need(), name_of(pod_of(place, replica)), "portforward")
    socket = await place.server.connection.socket(path, [("ports", str(port))], PROTOCOL)
    clock = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(None) as limit:

            def linger(*_: object) -> None:
                if sending.done():
                    limit.reschedule(clock() + LINGERS)

            sending = asyncio.create_task(_send(reader, socket))
            sending.add_done_callback(linger)
            await _receive(socket, writer, linger)
    except TimeoutError:
        return
    finally:
        sending.remove_done_callback(linger)
        sending.cancel()
        await socket.close()


async def _send(reader: asyncio.StreamReader, socket: aiohttp.ClientWebSocketResponse) -> None:
    """What this side sends; there is no way to say to the pod that it has ended."""
    with suppress(OSError, aiohttp.ClientError):
        while data := await reader.read(PIECE):
            await socket.send_bytes(bytes((DATA,)) + data)


async def _receive(
    socket: aiohttp.ClientWebSocketResponse,
    writer: asyncio.StreamWriter,
    heard: Callable[[], None],
) -> None:
    """What the pod sends; the first message of each channel only repeats the port."""
    begun: set[int] = set()
    with suppress(OSError):
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.BINARY:
                return
            heard()
            channel, data = message.data[0], message.data[1:]
            if channel not in begun:
                begun.add(channel)
            elif channel == ERROR:
                return
            else:
                writer.write(data)
                await writer.drain()
