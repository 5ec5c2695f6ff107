"""Networks and volumes of an environment: made where they are missing, never replaced with data."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from json import dumps
from typing import Any

from devenv.errors import DevenvError, TransientError
from devenv.model.environment import EnvironmentId, Resources
from devenv.runtimes.docker import names
from devenv.runtimes.docker.connection import Connection, RefusedError
from devenv.runtimes.docker.mounts import Volume
from devenv.runtimes.docker.subnets import free_subnet, routed, taken_by

TAKEN = 409
CHOICES = 8
"""How many subnets are tried for a network, where others are choosing too."""

Definition = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A network or volume of an environment. ``name`` is the engine's; ``origin``: who makes it."""

    environment: EnvironmentId
    key: str
    definition: Definition
    name: str
    origin: str = ""

    @property
    def is_external(self) -> bool:
        return bool(self.definition.get("external"))

    @property
    def fingerprint(self) -> str:
        kept = {key: value for key, value in self.definition.items() if key != "name"}
        return hashlib.sha256(dumps(kept, sort_keys=True).encode()).hexdigest()[:16]

    def labels(self, kind: str) -> dict[str, str]:
        written = self.definition.get("labels") or {}
        origin = {names.ORIGIN: self.origin} if self.origin else {}
        return {
            **{name: str(value) for name, value in written.items()},
            **names.resource_labels(self.environment, kind, self.key),
            names.FINGERPRINT: self.fingerprint,
            **origin,
        }

    def is_ours(self, found: Definition) -> bool:
        return (found.get("Labels") or {}).get(names.ENVIRONMENT) == self.environment

    def is_of_another(self, found: Definition) -> bool:
        """Tell whether another environment has made it."""
        return names.ENVIRONMENT in (found.get("Labels") or {}) and not self.is_ours(found)

    def is_as_found(self, found: Definition) -> bool:
        return (found.get("Labels") or {}).get(names.FINGERPRINT) == self.fingerprint


async def make_networks(
    connection: Connection, environment: EnvironmentId, resources: Resources, origin: str = ""
) -> Mapping[str, str]:
    """Make what is missing but external; return the engine's name of each network by its key.

    ``origin`` is noted on what is made: who may remove it once nobody knows its environment.
    One that was made from another definition is made again: it holds no data.
    """
    plain = _wanted(environment, resources.project, resources.networks)
    all_wanted = [replace(wanted, origin=origin) for wanted in plain]
    if not all_wanted:
        return {}
    there = await _single_networks(connection, environment)
    all_wanted = [_clear_of_others(wanted, there) for wanted in all_wanted]
    lacking = []
    for wanted in all_wanted:
        found = there.get(wanted.name)
        if found is not None and wanted.is_ours(found) and not wanted.is_as_found(found):
            await _remove(connection, "network", found["Id"])
            found = None
        if found is None and not wanted.is_external:
            lacking.append(wanted)
    for wanted in lacking:
        await _create_network(connection, wanted)
    if lacking:
        await _single_networks(connection, environment)
    return {wanted.key: wanted.name for wanted in all_wanted}


async def _single_networks(
    connection: Connection, environment: EnvironmentId
) -> Mapping[str, Definition]:
    """The networks by name, when of several of ours by one name the oldest alone is left.

    One whose answer was lost is asked for again while it is made, and no name that two have can be
    joined: only the oldest may be in use.
    """
    there: dict[str, Definition] = {}
    for found in sorted(await connection.call(_networks), key=lambda one: str(one["Created"])):
        both = (found, there.get(found["Name"], {}))
        if all((one.get("Labels") or {}).get(names.ENVIRONMENT) == environment for one in both):
            await _remove(connection, "network", found["Id"])
        else:
            there[found["Name"]] = found
    return there


async def make_volumes(
    connection: Connection, environment: EnvironmentId, resources: Resources
) -> Mapping[str, Volume]:
    """Make what is missing but external; return the engine's side of each volume by its key.

    One that was made from another definition is never touched: DevenvError.
    """
    all_wanted = _wanted(environment, resources.project, resources.volumes)
    if not all_wanted:
        return {}
    there = {found["Name"]: found for found in await connection.call(_volumes)}
    all_wanted = [_clear_of_others(wanted, there) for wanted in all_wanted]
    for wanted in all_wanted:
        found = there.get(wanted.name)
        if found is None and not wanted.is_external:
            await _create_volume(connection, wanted)
        elif found is not None and wanted.is_ours(found) and not wanted.is_as_found(found):
            raise DevenvError(
                f"the volume {wanted.name} was made from another definition, and holds data",
                "undo the change, or lose the data: devenv up --yes",
            )
    return {wanted.key: _volume(wanted) for wanted in all_wanted}


async def refuse_missing(connection: Connection, resources: Resources) -> None:
    """Raise DevenvError with all that somebody else has to make first, if there is any."""
    lacking = await missing(connection, resources)
    if lacking:
        raise DevenvError(f"there is no {', no '.join(lacking)}", " && ".join(lacking.values()))


async def missing(connection: Connection, resources: Resources) -> Mapping[str, str]:
    """The networks and volumes that somebody else has to make first, each with the command for it.

    Those of a Compose file that are ``external``, and that the engine does not have.
    """
    environment = EnvironmentId("")
    networks = _external(_wanted(environment, resources.project, resources.networks))
    volumes = _external(_wanted(environment, resources.project, resources.volumes))
    there_networks = await connection.call(_networks) if networks else ()
    there_volumes = await connection.call(_volumes) if volumes else ()
    lacking = [("network", name) for name in networks - {one["Name"] for one in there_networks}]
    lacking += [("volume", name) for name in volumes - {one["Name"] for one in there_volumes}]
    return {
        f"{kind} {name}": shlex.join(["docker", kind, "create", name])
        for kind, name in sorted(lacking)
    }


def _external(all_wanted: Iterable[Wanted]) -> set[str]:
    return {wanted.name for wanted in all_wanted if wanted.is_external}


async def diverged(
    connection: Connection, environment: EnvironmentId, resources: Resources
) -> frozenset[str]:
    """The engine's names of the volumes that are ours, and of another definition."""
    all_wanted = _wanted(environment, resources.project, resources.volumes)
    if not all_wanted:
        return frozenset()
    there = {found["Name"]: found for found in await connection.call(_volumes)}
    named = [_clear_of_others(wanted, there) for wanted in all_wanted]
    pairs = ((one, there[one.name]) for one in named if one.name in there)
    return frozenset(
        one.name for one, found in pairs if one.is_ours(found) and not one.is_as_found(found)
    )


async def remarks(
    connection: Connection, environment: EnvironmentId, resources: Resources
) -> list[str]:
    """Say what a user has to know of networks and volumes, before they are first made."""
    networks = _wanted(environment, resources.project, resources.networks)
    volumes = _wanted(environment, resources.project, resources.volumes)
    if not networks and not volumes:
        return []
    there_networks = {found["Name"]: found for found in await connection.call(_networks)}
    there_volumes = {found["Name"]: found for found in await connection.call(_volumes)}
    return [
        *_moved("network", networks, there_networks),
        *_moved("volume", volumes, there_volumes),
        *_adoptable(resources.project, volumes, there_volumes.keys()),
    ]


def _networks(client: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.networks()
    return found


def _volumes(client: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.volumes()["Volumes"] or []
    return found


def _moved(kind: str, wanted: list[Wanted], there: Mapping[str, Definition]) -> Iterator[str]:
    """Say which are under a name of their own, since another environment has theirs."""
    for one, clear in ((one, _clear_of_others(one, there)) for one in wanted):
        if clear.name != one.name:
            yield f"the {kind} {one.name} is another checkout's: here it is {clear.name}"


def _adoptable(project: str, wanted: list[Wanted], there: Collection[str]) -> Iterator[str]:
    """Say which volumes of Docker Compose stand where this environment has none yet, and how to
    go on with them.
    """
    for one in wanted:
        theirs = f"{project}_{one.key}"
        if not one.is_external and theirs in there and one.name not in there:
            yield (
                f"there is a volume {theirs} of Docker Compose already, and it is left alone;"
                f" to use its data here, write under `volumes`:"
                f" `{one.key}: {{external: true, name: {theirs}}}`"
            )


def _volume(wanted: Wanted) -> Volume:
    if wanted.is_external:
        return Volume(wanted.name)
    body = volume_body(wanted)
    driver = {"Name": body["Driver"], "Options": body["DriverOpts"]}
    return Volume(wanted.name, {"Labels": body["Labels"], "DriverConfig": driver})


def _wanted(
    environment: EnvironmentId, project: str, definitions: Mapping[str, Definition]
) -> list[Wanted]:
    return [
        Wanted(
            environment,
            key,
            definition or {},
            names.resource_name(environment, project, key, definition or {}),
        )
        for key, definition in definitions.items()
    ]


def _clear_of_others(wanted: Wanted, there: Mapping[str, Definition]) -> Wanted:
    """Give it a name of its own where the written one is of another environment, and for good:
    a volume's data is there.
    """
    if wanted.is_external:
        return wanted
    aside = replace(wanted, name=f"{wanted.environment}_{wanted.name}")
    is_aside = aside.name in there and aside.is_ours(there[aside.name])
    return aside if is_aside or wanted.is_of_another(there.get(wanted.name, {})) else wanted


async def remove_all(connection: Connection, environment: EnvironmentId, *, data: bool) -> None:
    """Remove the networks that are ours; with ``data`` the volumes too."""
    only_ours = {"label": f"{names.ENVIRONMENT}={environment}"}
    networks = await connection.call(lambda client: client.networks(filters=only_ours))
    for found in networks:
        await _remove(connection, "network", found["Id"])
    if data:
        listed = await connection.call(lambda client: client.volumes(filters=only_ours))
        for found in listed["Volumes"] or ():
            await _remove(connection, "volume", found["Name"])


async def _remove(connection: Connection, kind: str, name: str) -> None:
    try:
        if kind == "network":
            await connection.call(lambda client: client.remove_network(name))
        else:
            await connection.call(lambda client: client.remove_volume(name))
    except RefusedError as error:
        if error.status != 404:
            raise


async def _create_volume(connection: Connection, wanted: Wanted) -> None:
    """Make a volume. The engine answers with the one that is there, if somebody was faster."""
    made = await _post(connection, "/volumes/create", volume_body(wanted))
    if wanted.is_of_another(made):
        raise TransientError(f"the volume {wanted.name} is there already")


async def _create_network(connection: Connection, wanted: Wanted) -> None:
    body = network_body(wanted)
    try:
        await _post(connection, "/networks/create", body)
    except RefusedError as error:
        if error.status == TAKEN:
            raise TransientError(f"the network {wanted.name} is there already") from error
        if "address pool" not in error.message:
            raise
        await _create_with_subnet(connection, wanted.name, body)


async def _create_with_subnet(connection: Connection, name: str, body: Mapping[str, Any]) -> None:
    """Choose the addresses ourselves.

    Somebody else may take them just before us, and the engine have them before it lists them.
    """
    networks = await connection.call(lambda client: client.networks())
    taken = [*taken_by(networks), *(routed() if connection.address.is_local else ())]
    for _ in range(CHOICES):
        chosen = free_subnet(taken, name)
        ours = {"IPAM": {"Config": [{"Subnet": str(chosen)}]}}
        try:
            await _post(connection, "/networks/create", {**body, **ours})
        except RefusedError as error:
            if "overlaps" not in error.message:
                raise
            taken.append(chosen)
        else:
            return
    raise TransientError("others take each of the addresses that were chosen for a network")


def network_body(wanted: Wanted) -> dict[str, Any]:
    """What ``POST /networks/create`` takes."""
    definition = wanted.definition
    ipam = definition.get("ipam") or {}
    body: dict[str, Any] = {
        "Name": wanted.name,
        "CheckDuplicate": True,
        "Driver": definition.get("driver") or "bridge",
        "Options": {name: str(one) for name, one in (definition.get("driver_opts") or {}).items()},
        "Internal": bool(definition.get("internal")),
        "Attachable": bool(definition.get("attachable")),
        "EnableIPv6": bool(definition.get("enable_ipv6")),
        "Labels": wanted.labels("network"),
    }
    if ipam.get("config") or ipam.get("driver"):
        config = [
            {_IPAM[name]: value for name, value in one.items() if name in _IPAM}
            for one in ipam.get("config") or ()
        ]
        body["IPAM"] = {"Driver": ipam.get("driver") or "default", "Config": config}
    return body


_IPAM = {
    "subnet": "Subnet",
    "gateway": "Gateway",
    "ip_range": "IPRange",
    "aux_addresses": "AuxiliaryAddresses",
}


def volume_body(wanted: Wanted) -> dict[str, Any]:
    """What ``POST /volumes/create`` takes."""
    definition = wanted.definition
    options = {name: str(one) for name, one in (definition.get("driver_opts") or {}).items()}
    return {
        "Name": wanted.name,
        "Driver": definition.get("driver") or "local",
        "DriverOpts": options,
        "Labels": wanted.labels("volume"),
    }


async def _post(connection: Connection, path: str, body: Mapping[str, Any]) -> Any:
    """A call that the library has no method for with all of its fields."""

    def post(client: Any) -> Any:
        return client._result(client._post_json(client._url(path), data=dict(body)), True)

    return await connection.call(post)
