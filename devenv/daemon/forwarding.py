"""Lets containers reach host processes, which listen on loopback: by the bridge's own address."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import suppress

from devenv.errors import DevenvError
from devenv.model.environment import Desired, EnvironmentId
from devenv.model.service import Service
from devenv.profile.references import HOST
from devenv.runtimes.docker.runtime import DockerRuntime

PIECE = 64 * 1024
LOOPBACK = "127.0.0.1"


class Forwarder:
    """A listener for each port of a host process, while a container of ours names this machine."""

    def __init__(self, environment: EnvironmentId, docker: DockerRuntime) -> None:
        self._environment = environment
        self._docker = docker
        self._listening: dict[int, asyncio.Task[None]] = {}

    def follow(self, desired: Desired) -> None:
        wanted = set(_ports(desired))
        for port in self._listening.keys() - wanted:
            self._listening.pop(port).cancel()
        for port in wanted - self._listening.keys():
            self._listening[port] = asyncio.create_task(self._listen(port))

    def close(self) -> None:
        for task in self._listening.values():
            task.cancel()

    async def _listen(self, port: int) -> None:
        try:
            address = await self._docker.places.gateway(self._environment)
            server = await asyncio.start_server(_Forward(port).converse, address, port)
        except (OSError, DevenvError) as error:
            logging.warning("containers cannot reach port %s of this machine: %s", port, error)
            return
        async with server:
            await server.serve_forever()


class _Forward:
    """Joins each connection with one to the same port on loopback."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, self._port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pour(reader, inner_writer), _pour(inner_reader, writer))
        writer.close()
        inner_writer.close()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass everything on, and then that it is over (shutdown(2), SHUT_WR)."""
    with suppress(OSError):
        while data := await reader.read(PIECE):
            writer.write(data)
            await writer.drain()
    with suppress(OSError, RuntimeError):
        writer.write_eof()


def _ports(desired: Desired) -> Iterator[int]:
    """The ports of host processes that containers may ask for."""
    services = desired.services.values()
    if not any(_names_this_machine(one.service) for one in services if one.runtime == "docker"):
        return
    for wanted in services:
        for replica in wanted.replicas if wanted.runtime == "process" else ():
            numbers = (port.wanted for port in replica.service.ports if port.protocol == "tcp")
            yield from (number for number in numbers if isinstance(number, int))


def _names_this_machine(service: Service) -> bool:
    return service.container is not None and HOST in str(service.container.definition)
