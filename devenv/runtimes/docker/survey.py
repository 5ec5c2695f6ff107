"""What an engine has already that an environment is about to have: asked before ``up``."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId, Resources
from devenv.runtimes.docker.images import Order
from devenv.runtimes.docker.places import Places


@dataclass(frozen=True, slots=True)
class Survey:
    """Questions about names, networks and volumes; it changes nothing."""

    places: Places

    async def remarks(self, environment: EnvironmentId, resources: Resources) -> list[str]:
        """Say what a user has to know of networks and volumes, before they are first prepared."""
        place = self.places.get(environment)
        if place is None or place.prepared or place.engine.away:
            return []
        from devenv.runtimes.docker.resources import remarks

        try:
            return await remarks(place.engine.connection, environment, resources)
        except DevenvError:  # a hint that cannot be had keeps nobody from going up
            return []

    async def ahead(
        self, environment: EnvironmentId, resources: Resources, orders: Collection[Order]
    ) -> list[str]:
        """Say what has to be had first: networks and volumes that somebody else makes, and, for
        containers that are not there, images: pulled, built.
        """
        place = self.places.get(environment)
        if place is None or place.engine.away:
            return []
        there = {replica.service for replica in place.rows()}
        named = {one.name: one for one in orders if one.service not in there}
        from devenv.runtimes.docker.resources import missing

        try:
            lacking = await missing(place.engine.connection, resources)
            found = await asyncio.gather(*map(place.engine.images.outlook, named.values()))
        except DevenvError:  # to have them is refused then
            return []
        return [
            *(f"there is no {name}: {command}" for name, command in lacking.items()),
            *(line for line in found if line),
        ]

    async def diverged(self, environment: EnvironmentId, resources: Resources) -> frozenset[str]:
        """The volumes of an environment that were made from another definition."""
        place = self.places.get(environment)
        if place is None or place.engine.away:
            return frozenset()
        from devenv.runtimes.docker.resources import diverged

        try:
            return await diverged(place.engine.connection, environment, resources)
        except DevenvError:  # to prepare it is refused then
            return frozenset()

    async def holders(
        self, environment: EnvironmentId, names: Collection[str]
    ) -> Mapping[str, str]:
        """Say which of these names containers of others have in the engine, and who they are."""
        place = self.places.get(environment)
        if place is None or not names:
            return {}
        from devenv.runtimes.docker.holders import holders

        try:
            return await holders(place.engine.connection, environment, names)
        except DevenvError:  # to make the container is refused then
            return {}
