"""``network: shared``: one container owns the network, and all others of the environment join it.

A network of its own is most of what a container's start costs. They reach each other on loopback,
under the names that they would have in a network.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tarfile
from collections.abc import Mapping
from typing import Any

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId, ReplicaId
from devenv.model.service import Port
from devenv.runtimes.docker import names
from devenv.runtimes.docker.body import HOST_GATEWAY, bindings, port_key
from devenv.runtimes.docker.connection import Connection, RefusedError
from devenv.runtimes.protocol import Preparation

IMAGE = "devenv-pause:1"
PAUSE = bytes.fromhex("b822000000 0f05 ebf7")
"""mov eax, 34 (pause); syscall; jmp to the beginning."""
ADDRESS = 0x400000
AMD64 = 62

Definition = Mapping[str, Any]
Ports = Mapping[ReplicaId, tuple[Port, ...]]


def clashes(replicas: Ports) -> list[str]:
    """Say which replicas would listen on one port, where each has to have its own."""
    found: dict[str, list[str]] = {}
    for replica, ports in replicas.items():
        for key in dict.fromkeys(port_key(port) for port in ports):
            found.setdefault(key, []).append(str(replica))
    return [f"{' and '.join(one)} listen on {key}" for key, one in found.items() if len(one) > 1]


async def make(
    connection: Connection,
    environment: EnvironmentId,
    preparation: Preparation,
    network: str,
) -> str:
    """Have the container that owns the network; return its id.

    The ports and names are those of all that join it; ``network`` is the engine's name of the one
    that it is in itself. One that was made for others is made anew. Raises DevenvError.
    """
    if both := clashes(preparation.ports):
        raise DevenvError(
            f"the network cannot be shared: {'; '.join(both)}",
            "give one of them another port, or leave `network: shared` out",
        )
    body = _body(environment, preparation, network)
    wanted = body["Labels"][names.FINGERPRINT]
    name = f"{environment}-{names.NETWORK}"
    found = await _inspect(connection, name)
    if found is not None and found["Config"]["Labels"].get(names.ENVIRONMENT) != environment:
        raise DevenvError(f"there is a container {name} already, and it is not ours")
    if found is not None and found["State"]["Running"] and _fingerprint(found) == wanted:
        return str(found["Id"])
    if found is not None:
        number = found["Id"]
        await connection.call(lambda client: client.remove_container(number, force=True))
    await _have_image(connection)

    def start(client: Any) -> str:
        made = str(client.create_container_from_config(body, name)["Id"])
        client.start(made)
        return made

    return await connection.call(start)


def _body(environment: EnvironmentId, preparation: Preparation, network: str) -> dict[str, Any]:
    ports = [port for listed in preparation.ports.values() for port in listed]
    services = [replica.service for replica in preparation.ports]
    hosts = dict.fromkeys([*services, *preparation.hosts])
    body: dict[str, Any] = {
        "Image": IMAGE,
        "Cmd": ["/pause"],
        "Hostname": names.NETWORK,
        "ExposedPorts": {port_key(port): {} for port in ports},
        "HostConfig": {
            "NetworkMode": network,
            "PortBindings": bindings(ports),
            "ExtraHosts": [*(f"{name}:127.0.0.1" for name in hosts), HOST_GATEWAY],
            "RestartPolicy": {"Name": "no"},
        },
    }
    text = json.dumps(body, sort_keys=True)
    labels = names.aside_labels(environment, "", names.NETWORK)
    fingerprint = hashlib.sha256(text.encode()).hexdigest()[:16]
    return {**body, "Labels": {**labels, names.FINGERPRINT: fingerprint}}


def joined(definition: Definition) -> dict[str, Any]:
    """A service's definition in the shared network: without what its owner has for it.

    Raises DevenvError for one that wants another network by all means.
    """
    mode = str(definition.get("network_mode") or "")
    if mode and not mode.startswith("service:"):
        raise DevenvError(
            f"`network_mode: {mode}` cannot be had where all share a network",
            "leave `network: shared` out",
        )
    return {key: value for key, value in definition.items() if key not in _OF_THE_OWNER}


_OF_THE_OWNER = frozenset(
    {
        "dns",
        "dns_opt",
        "dns_search",
        "domainname",
        "expose",
        "external_links",
        "extra_hosts",
        "hostname",
        "links",
        "mac_address",
        "network_mode",
        "networks",
        "ports",
    }
)


def _fingerprint(inspected: Mapping[str, Any]) -> str:
    return str(inspected["Config"]["Labels"].get(names.FINGERPRINT) or "")


async def _inspect(connection: Connection, name: str) -> Mapping[str, Any] | None:
    def ask(client: Any) -> Mapping[str, Any]:
        found: Mapping[str, Any] = client.inspect_container(name)
        return found

    try:
        return await connection.call(ask)
    except RefusedError as error:
        if error.status == 404:
            return None
        raise


async def _have_image(connection: Connection) -> None:
    """An image of one program that waits for ever: made here, for no registry need be asked."""
    if await connection.call(lambda client: client.images(IMAGE)):
        return
    about = await connection.call(lambda client: client.version())
    if about["Arch"] != "amd64":
        raise DevenvError(f"`network: shared` is not made for {about['Arch']} yet")
    archive = _archive()
    await connection.call(lambda client: client.import_image_from_data(archive, *IMAGE.split(":")))


def _archive() -> bytes:
    program = elf(PAUSE)
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo("pause")
        entry.size, entry.mode = len(program), 0o755
        archive.addfile(entry, io.BytesIO(program))
    return made.getvalue()


def elf(code: bytes) -> bytes:
    """A program of these instructions for x86-64 (elf(5)): one header, one segment."""
    header, segment = 64, 56
    entry, size = ADDRESS + header + segment, header + segment + len(code)
    ident = b"\x7fELF" + bytes((2, 1, 1)) + bytes(9)
    head = struct.pack(
        "<16sHHIQQQIHHHHHH", ident, 2, AMD64, 1, entry, header, 0, 0, header, segment, 1, 0, 0, 0
    )
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, ADDRESS, ADDRESS, size, size, 0x1000)
    return head + load + code
