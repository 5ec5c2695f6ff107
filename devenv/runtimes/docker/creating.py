"""How a container is made of a replica."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from devenv.errors import TransientError
from devenv.model.environment import Replica
from devenv.model.service import Service
from devenv.runtimes.docker import names
from devenv.runtimes.docker.body import HOST, HOST_GATEWAY, Site, container_body
from devenv.runtimes.docker.connection import RefusedError
from devenv.runtimes.docker.endpoints import endpoints
from devenv.runtimes.docker.images import image_name
from devenv.runtimes.docker.mounts import Copied, mounts_of
from devenv.runtimes.docker.place import Place
from devenv.runtimes.docker.rows import Row
from devenv.runtimes.docker.sharing import joined
from devenv.runtimes.protocol import Report

TAKEN = 409
Definition = Mapping[str, Any]
REFERS = ("network_mode", "ipc", "pid")


@dataclass(frozen=True, slots=True)
class Aside:
    """A container beside a service's own: its definition, and what the engine is told besides.

    ``volumes_from`` are containers; ``vanishes``: the engine removes it once it has ended.
    """

    service: Service
    purpose: str
    definition: Definition
    options: Mapping[str, Any] = field(default_factory=dict)
    volumes_from: tuple[str, ...] = ()
    vanishes: bool = False


@dataclass(frozen=True, slots=True)
class Making:
    """What a container is made of; ``alias`` is its name in its networks."""

    name: str
    alias: str
    definition: Definition
    body: Mapping[str, Any]
    site: Site


@dataclass(frozen=True, slots=True)
class Creator:
    """Makes the containers of one environment."""

    place: Place

    async def have_image(self, service: str, definition: Definition, report: Report) -> None:
        await self.place.engine.images.need(self.place.order(service, definition), report)

    async def create(self, replica: Replica, inherited: Mapping[str, str]) -> str:
        """Make a replica's container; ``inherited`` gives a volume for each target."""
        place, service = self.place, replica.service
        labels = names.container_labels(
            place.environment,
            replica.id,
            directory=place.resources.directory,
            files=",".join(place.resources.files),
        )
        labels |= {
            names.FINGERPRINT: replica.fingerprint,
            names.CONFIG_HASH: replica.fingerprint,
            names.GENERATION: str(replica.generation),
        }
        definition = self._definition(service)
        site = self._site(service, definition, labels)
        body = container_body(service.name, definition, site)
        for target, volume in inherited.items():
            body["HostConfig"].setdefault("Mounts", []).append(
                {"Type": "volume", "Source": volume, "Target": target}
            )
        given = service.container.name if service.container else ""
        name = given or names.container_name(place.environment, replica.id)
        return await self._make(Making(name, service.name, definition, body, site))

    def _definition(self, service: Service) -> Definition:
        definition = service.definition
        return joined(definition) if self.place.owner else definition

    async def create_aside(self, aside: Aside) -> str:
        """Make a container like a service's that is none of its replicas, and has no ports."""
        service, definition = replace(aside.service, ports=()), aside.definition
        definition = joined(definition) if self.place.owner else definition
        environment = self.place.environment
        labels = names.aside_labels(environment, service.name, aside.purpose)
        site = self._site(service, definition, labels)
        name = names.aside_name(environment, service.name, aside.purpose)
        body = container_body(name, definition, site)
        host = body["HostConfig"]
        host["AutoRemove"] = aside.vanishes
        host["VolumesFrom"] = [*host.get("VolumesFrom", ()), *aside.volumes_from]
        return await self._make(Making(name, name, definition, {**body, **aside.options}, site))

    async def _make(self, making: Making) -> str:
        name, platform = making.name, making.definition.get("platform")

        def make(client: Any) -> str:
            return str(client.create_container_from_config(making.body, name, platform)["Id"])

        try:
            container: str = await self._call(make)
        except RefusedError as error:
            # One of ours that events have not told of yet: seen now, it is taken up or replaced.
            if error.status == TAKEN and await self.place.engine.look_at(name) is not None:
                raise TransientError(f"there is a container {name} already") from error
            raise
        site = making.site
        later = endpoints(making.alias, making.definition, site.networks)[1]
        for network, endpoint in later.items():
            await self._connect(network, container, endpoint)
        if site.mounts.copied:
            archive = tar_of(site.mounts.copied)
            await self._call(lambda client: client.put_archive(container, "/", archive))
        return container

    async def _connect(self, network: str, container: str, endpoint: Mapping[str, Any]) -> None:
        body = {"Container": container, "EndpointConfig": dict(endpoint)}

        def connect(client: Any) -> None:
            url = client._url("/networks/{0}/connect", network)
            client._raise_for_status(client._post_json(url, data=body))

        await self._call(connect)

    def _site(self, service: Service, definition: Definition, labels: Mapping[str, str]) -> Site:
        place, owner = self.place, self.place.owner
        wanted = place.resources
        return Site(
            environment=place.environment,
            image=image_name(place.environment, service.name, definition),
            labels=labels,
            networks=place.networks,
            mounts=mounts_of(
                definition,
                volumes=place.volumes,
                secrets=wanted.secrets,
                configs=wanted.configs,
                values=wanted.values,
            ),
            ports=() if owner else service.ports,
            hosts=(HOST_GATEWAY,) if _wants_host(definition) and not owner else (),
            owner=owner,
            containers={name: place.container_of(name) for name in _shared(definition)},
        )

    async def nameless_volumes(self, row: Row) -> Mapping[str, str]:
        found = await self._call(lambda client: client.inspect_container(row.container))
        return {
            one["Destination"]: one["Name"]
            for one in found.get("Mounts") or ()
            if one.get("Type") == "volume" and _is_nameless(one.get("Name") or "")
        }

    async def _call(self, work: Any) -> Any:
        return await self.place.engine.connection.call(work)


def _wants_host(definition: Definition) -> bool:
    """Whether it names this machine, and does not say itself where that is."""
    return HOST in str(definition) and HOST not in str(definition.get("extra_hosts"))


def _shared(definition: Definition) -> Iterable[str]:
    """The services whose containers a service shares something with."""
    modes = (str(definition.get(key) or "") for key in REFERS)
    yield from (m.removeprefix("service:") for m in modes if m.startswith("service:"))
    for written in definition.get("volumes_from") or ():
        if not written.startswith("container:"):
            yield written.partition(":")[0]


def _is_nameless(name: str) -> bool:
    return len(name) == 64 and all(letter in "0123456789abcdef" for letter in name)


def tar_of(files: Iterable[Copied]) -> bytes:
    """An archive of the files, not compressed (an engine unpacks what a header claims)."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for file in files:
            entry = tarfile.TarInfo(file.path.lstrip("/"))
            entry.size, entry.mode = len(file.content), file.mode
            entry.uid, entry.gid = file.uid, file.gid
            archive.addfile(entry, io.BytesIO(file.content))
    return made.getvalue()
