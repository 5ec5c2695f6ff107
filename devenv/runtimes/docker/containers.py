"""Steps to calls: how a container is made, started, stopped and removed."""

from __future__ import annotations

import asyncio
import io
import tarfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from devenv.errors import DevenvError
from devenv.model.environment import Replica
from devenv.model.service import Container
from devenv.runtimes.docker import names
from devenv.runtimes.docker.body import Site, container_body
from devenv.runtimes.docker.connection import RefusedError
from devenv.runtimes.docker.endpoints import endpoints
from devenv.runtimes.docker.hooks import run_hooks
from devenv.runtimes.docker.images import image_name
from devenv.runtimes.docker.mounts import Copied, mounts_of
from devenv.runtimes.docker.place import Place
from devenv.runtimes.docker.records import Record
from devenv.runtimes.docker.rows import Row
from devenv.runtimes.protocol import Report

REFERS = ("network_mode", "ipc", "pid")


@dataclass(frozen=True, slots=True)
class Containers:
    """The containers of one environment."""

    place: Place

    async def start(self, replica: Replica, record: Record, report: Report) -> None:
        """Bring a replica's container to run. Raises DevenvError for what the engine refuses."""
        row = self.place.engine.of(self.place.environment).get(replica.id)
        container = await self._made(row, replica, report)
        self.place.records.put(container, record)
        try:
            await self._call(lambda client: client.start(container))
        finally:
            started = await self.place.engine.look_at(container)
        if started is not None:
            await run_hooks(self.place, started, _definition(replica), "post_start")

    async def stop(self, row: Row, grace: float) -> None:
        """Ask it to end, and kill it after ``grace`` seconds; returns when it has ended."""
        record = self.place.records.get(row.container, Record(row.generation))
        self.place.records.put(row.container, replace(record, stopped=time.time()))
        if row.status == "paused":
            await self.pause(row, paused=False)
        await self._unless_gone(lambda client: client.stop(row.container, timeout=round(grace)))
        await self.place.engine.look_at(row.container)

    async def remove(self, row: Row, *, volumes: bool = True) -> None:
        """Remove a container that has ended; ``volumes``: those without a name too."""
        await self._unless_gone(lambda client: client.remove_container(row.container, v=volumes))
        self.place.records.forget(row.container)
        self.place.engine.forget(row.container)

    async def pause(self, row: Row, *, paused: bool) -> None:
        await self._call(
            lambda client: client.pause(row.container) if paused else client.unpause(row.container)
        )
        await self.place.engine.look_at(row.container)

    async def remove_all(self) -> None:
        """Remove every container of the environment, also what never ran, and what runs."""
        only_ours = {"label": f"{names.ENVIRONMENT}={self.place.environment}"}
        listed = await self._call(lambda client: client.containers(all=True, filters=only_ours))
        await asyncio.gather(*(self._remove_by_force(one["Id"]) for one in listed))

    async def _remove_by_force(self, container: str) -> None:
        await self._unless_gone(
            lambda client: client.remove_container(container, v=True, force=True)
        )
        self.place.engine.forget(container)

    def runs(self, replica: Replica) -> bool:
        """Tell whether it runs as asked. Raises DevenvError where another one of it runs."""
        row = self.place.rows().get(replica.id)
        if row is None or not row.is_alive:
            return False
        record = self.place.records.get(row.container, Record(row.generation))
        if (row.fingerprint, record.generation) != (replica.fingerprint, replica.generation):
            raise DevenvError(f"{replica.service.name} still runs as it was asked for before")
        return True

    async def _made(self, row: Row | None, replica: Replica, report: Report) -> str:
        """The container to start: the one that is there if it is whole and the same, or a new one.

        Volumes without a name go from the old one to the new one.
        """
        if row is not None and row.fingerprint == replica.fingerprint and row.started:
            return row.container
        inherited: Mapping[str, str] = {}
        await self._have_image(replica, report)
        if row is not None:
            inherited = await self._nameless_volumes(row)
            await self.remove(row, volumes=False)
        return await self._create(replica, inherited)

    async def _have_image(self, replica: Replica, report: Report) -> None:
        definition = _definition(replica)
        name = image_name(self.place.environment, replica.service.name, definition)
        await self.place.engine.images.need(name, definition, self.place.client, report)

    async def _create(self, replica: Replica, inherited: Mapping[str, str]) -> str:
        place, definition = self.place, _definition(replica)
        site = self._site(replica, definition)
        body = container_body(replica.service.name, definition, site)
        for target, volume in inherited.items():
            body["HostConfig"].setdefault("Mounts", []).append(
                {"Type": "volume", "Source": volume, "Target": target}
            )
        name = names.container_name(place.environment, replica.id)
        platform = definition.get("platform")

        container = str(
            await self._call(
                lambda client: client.create_container_from_config(body, name, platform)["Id"]
            )
        )
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
            containers={name: place.container_of(name) for name in _shared(definition)},
        )

    async def _nameless_volumes(self, row: Row) -> Mapping[str, str]:
        found = await self._call(lambda client: client.inspect_container(row.container))
        return {
            one["Destination"]: one["Name"]
            for one in found.get("Mounts") or ()
            if one.get("Type") == "volume" and _is_nameless(one.get("Name") or "")
        }

    async def _call(self, work: Any) -> Any:
        return await self.place.engine.connection.call(work)

    async def _unless_gone(self, work: Any) -> None:
        try:
            await self._call(work)
        except RefusedError as error:
            if error.status not in {304, 404}:
                raise


def _definition(replica: Replica) -> Mapping[str, Any]:
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
