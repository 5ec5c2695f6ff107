"""How a container is made of a replica."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from devenv.errors import TransientError
from devenv.model.environment import Replica
from devenv.model.service import Container
from devenv.runtimes.docker import names
from devenv.runtimes.docker.body import Site, container_body
from devenv.runtimes.docker.connection import RefusedError
from devenv.runtimes.docker.endpoints import endpoints
from devenv.runtimes.docker.images import image_name
from devenv.runtimes.docker.mounts import Copied, mounts_of
from devenv.runtimes.docker.place import Place
from devenv.runtimes.docker.rows import Row
from devenv.runtimes.protocol import Report

TAKEN = 409
HOST = "host.docker.internal"
HOST_GATEWAY = f"{HOST}:host-gateway"
"""Only for who uses it: how a container reaches this machine."""
REFERS = ("network_mode", "ipc", "pid")


@dataclass(frozen=True, slots=True)
class Creator:
    """Makes the containers of one environment."""

    place: Place

    async def have_image(self, replica: Replica, report: Report) -> None:
        definition = definition_of(replica)
        name = image_name(self.place.environment, replica.service.name, definition)
        await self.place.engine.images.need(name, definition, self.place.client, report)

    async def create(self, replica: Replica, inherited: Mapping[str, str]) -> str:
        place, definition = self.place, definition_of(replica)
        site = self._site(replica, definition)
        body = container_body(replica.service.name, definition, site)
        for target, volume in inherited.items():
            body["HostConfig"].setdefault("Mounts", []).append(
                {"Type": "volume", "Source": volume, "Target": target}
            )
        name = names.container_name(place.environment, replica.id)
        platform = definition.get("platform")

        def make(client: Any) -> str:
            return str(client.create_container_from_config(body, name, platform)["Id"])

        try:
            container: str = await self._call(make)
        except RefusedError as error:
            # One of ours that events have not told of yet: seen now, it is taken up or replaced.
            if error.status == TAKEN and await place.engine.look_at(name) is not None:
                raise TransientError(f"there is a container {name} already") from error
            raise
        later = endpoints(replica.service.name, definition, place.networks)[1]
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

    def _site(self, replica: Replica, definition: Mapping[str, Any]) -> Site:
        place, service = self.place, replica.service
        wanted = place.resources
        labels = names.container_labels(
            place.environment,
            replica.id,
            directory=wanted.directory,
            files=",".join(wanted.files),
        )
        labels |= {
            names.FINGERPRINT: replica.fingerprint,
            names.GENERATION: str(replica.generation),
        }
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
            ports=service.ports,
            hosts=(HOST_GATEWAY,) if HOST in str(definition) else (),
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


def definition_of(replica: Replica) -> Mapping[str, Any]:
    container = replica.service.container
    return (container or Container()).definition


def _shared(definition: Mapping[str, Any]) -> Iterable[str]:
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
