"""The local addresses of a preview: each port of a service, joined with a pod of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import NamedTuple

from devenv.errors import DevenvError
from devenv.model.environment import Desired, EnvironmentId, ReplicaId
from devenv.model.service import Service
from devenv.planning.capabilities import KUBERNETES
from devenv.runtimes.kubernetes.runtime import KubernetesRuntime

LOOPBACK = "127.0.0.1"
RETRY = 1.0
"""Seconds until a port that somebody else has is tried again."""


class Tunnel(NamedTuple):
    """``port`` of this machine leads to ``target`` in a pod of ``service``, whichever that is."""

    service: str
    port: int
    target: int


class Tunnels:
    """A listener for each, for as long as its service is wanted; pods come and go behind it."""

    def __init__(self, environment: EnvironmentId, kubernetes: KubernetesRuntime) -> None:
        self._environment = environment
        self._kubernetes = kubernetes
        self._listening: dict[Tunnel, asyncio.Task[None]] = {}

    def follow(self, desired: Desired) -> None:
        wanted = set(_tunnels(desired))
        for tunnel in self._listening.keys() - wanted:
            self._listening.pop(tunnel).cancel()
        for tunnel in wanted - self._listening.keys():
            self._listening[tunnel] = asyncio.create_task(self._listen(tunnel))

    def close(self) -> None:
        for task in self._listening.values():
            task.cancel()

    async def _listen(self, tunnel: Tunnel) -> None:
        async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            replica = ReplicaId(tunnel.service)
            commands = self._kubernetes.commands
            try:
                await commands.forward(self._environment, replica, tunnel.target, (reader, writer))
            except DevenvError as error:
                logging.info("%s of %s: %s", tunnel, self._environment, error.message)
            finally:
                writer.close()

        while True:
            try:
                server = await asyncio.start_server(converse, LOOPBACK, tunnel.port)
            except OSError as error:
                logging.info("%s of %s: %s", tunnel, self._environment, error)
                await asyncio.sleep(RETRY)
                continue
            async with server:
                await server.serve_forever()


def _tunnels(desired: Desired) -> Iterator[Tunnel]:
    for wanted in desired.services.values():
        for replica in wanted.replicas if wanted.runtime == KUBERNETES else ():
            yield from _of(replica.service)


def _of(service: Service) -> Iterator[Tunnel]:
    for port in service.ports:
        if isinstance(port.wanted, int) and port.target and port.protocol == "tcp":
            yield Tunnel(service.name, port.wanted, port.target)
