"""Which engine each environment is in: one connection for all that mean the same engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId
from devenv.runtimes.docker.address import Address, address_of
from devenv.runtimes.docker.place import Place
from devenv.runtimes.docker.records import Records
from devenv.runtimes.protocol import Client

if TYPE_CHECKING:  # loaded when the first engine is asked
    from devenv.runtimes.docker.connection import Connection
    from devenv.runtimes.docker.engine import Engine


class Places:
    """``records`` gives the path of the file in which an environment's records are kept;
    ``origin`` is what the networks are marked with that are made from here.
    """

    def __init__(self, records: Callable[[EnvironmentId], str], origin: str = "") -> None:
        self.origin = origin
        self._records = records
        self._engines: dict[Address, Engine] = {}
        self._places: dict[EnvironmentId, Place] = {}
        self._hints: asyncio.Queue[EnvironmentId] = asyncio.Queue()

    async def reach(self, environment: EnvironmentId, client: Client) -> str:
        """Find the engine that a client means, and take up what we have there.

        Returns why it cannot be reached; "" if it can.
        """
        try:
            address = address_of(client.environment)
            place = self._places.get(environment)
            if place is None or place.engine.connection.address != address:
                records = Records(self._records(environment))
                place = Place(environment, self._engine(address), records)
                self._places[environment] = place
            await place.engine.open()
        except DevenvError as error:
            return error.message
        return ""

    async def engine(self, client: Client) -> Engine:
        """The engine that a client means. Raises DevenvError."""
        engine = self._engine(address_of(client.environment))
        await engine.open()
        return engine

    async def connect(self, client: Client) -> Connection:
        """The way to the engine that a client means. Raises DevenvError."""
        return (await self.engine(client)).connection

    def get(self, environment: EnvironmentId) -> Place | None:
        return self._places.get(environment)

    def need(self, environment: EnvironmentId) -> Place:
        """Like ``get``; DevenvError if the environment was never in an engine."""
        place = self._places.get(environment)
        if place is None:
            raise DevenvError(f"{environment} was not prepared")
        return place

    async def gateway(self, environment: EnvironmentId) -> str:
        """The address of this machine, as containers see it. Raises DevenvError."""
        place = self.need(environment)
        if not place.engine.connection.address.is_local:
            raise DevenvError("the engine is on another machine")
        found = await place.engine.connection.call(lambda client: client.inspect_network("bridge"))
        return str(found["IPAM"]["Config"][0]["Gateway"])

    def forget(self, environment: EnvironmentId) -> None:
        self._places.pop(environment, None)

    def hint(self, environment: EnvironmentId) -> None:
        """Have an environment looked at again; "": all."""
        for one in self._places:
            if environment in ("", one):
                self._hints.put_nowait(one)

    async def changes(self) -> AsyncIterator[EnvironmentId]:
        while True:
            yield await self._hints.get()

    def close(self) -> None:
        for engine in self._engines.values():
            engine.close()

    def _engine(self, address: Address) -> Engine:
        from devenv.runtimes.docker.connection import Connection
        from devenv.runtimes.docker.engine import Engine

        if address not in self._engines:
            self._engines[address] = Engine(Connection(address), self.hint)
        return self._engines[address]
