"""One environment in one engine: what was prepared there, and what its containers are made with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from devenv.model.environment import EnvironmentId, ReplicaId, Resources
from devenv.model.unit import Unit
from devenv.runtimes.docker.bound import replaced
from devenv.runtimes.docker.mounts import Volume
from devenv.runtimes.docker.once import Once
from devenv.runtimes.docker.records import Record, Records
from devenv.runtimes.docker.rows import Row
from devenv.runtimes.protocol import Client, Preparation

if TYPE_CHECKING:  # loaded when the first engine is asked
    from devenv.runtimes.docker.engine import Engine
    from devenv.runtimes.docker.images import Order


class Place:
    """``networks`` and ``volumes``: what the engine has, by key; ``failed``: what was not made."""

    def __init__(self, environment: EnvironmentId, engine: Engine, records: Records) -> None:
        self.environment = environment
        self.engine = engine
        self.records = records
        self.prepared = ""
        self.client = Client("/")
        self.resources = Resources()
        self.builds: Mapping[str, Mapping[str, Any]] = {}
        self.networks: Mapping[str, str] = {}
        self.volumes: Mapping[str, Volume] = {}
        self.coming: Once[None] = Once()
        self.shares_network = False
        self.failed: dict[ReplicaId, Unit] = {}

    def take(
        self, preparation: Preparation, networks: Mapping[str, str], volumes: Mapping[str, Volume]
    ) -> None:
        """Take in what was prepared."""
        self.client = preparation.client
        self.resources = preparation.resources
        self.builds = preparation.builds
        self.shares_network = preparation.resources.shares_network
        self.networks, self.volumes = networks, volumes
        self.prepared = preparation.fingerprint

    def order(self, service: str, definition: Mapping[str, Any]) -> Order:
        """What is to be known for having the image of a service."""
        from devenv.runtimes.docker.images import Order

        return Order(
            self.environment, service, definition, self.client, self.resources, self.builds
        )

    @property
    def owner(self) -> str:
        """The container whose network all of them share; "" where each has its own."""
        owner = self.engine.owners.get(self.environment)
        return owner.container if owner is not None and self.shares_network else ""

    def rows(self) -> Mapping[ReplicaId, Row]:
        """Its containers that were ever started, or could not be."""
        return {k: row for k, row in self.engine.of(self.environment).items() if row.was_started}

    def replaced(self, root: str) -> list[tuple[str, str]]:
        """Each service with a file that it has mounted alone, and goes on seeing as it was.

        A file below ``root`` is told by its path from there.
        """
        found = {
            (key.service, path.removeprefix(root.rstrip("/") + "/"))
            for key, row in self.rows().items()
            if row.is_alive
            for path in replaced(self.records.get(row.container, Record()).files)
        }
        return sorted(found)

    def container_of(self, service: str) -> str:
        """The container of a service's first replica; "" if there is none."""
        row = self.engine.of(self.environment).get(ReplicaId(service))
        return row.container if row else ""
