"""What a container asks for beyond its own walls: shown first, before anything starts. Pure.

A profile may ask for all of it; nobody gets any of it unasked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from posixpath import commonpath
from typing import Any

from devenv.model.environment import Desired, Environment
from devenv.model.service import Port, Service
from devenv.planning.capabilities import DOCKER

Definition = Mapping[str, Any]
Real = Callable[[str], str]
"""Follows the links of a path."""

SOCKETS = ("docker.sock", "podman.sock", "containerd.sock", "crio.sock")
SOCKET_FOLDERS = frozenset({"/", "/run", "/var", "/var/run"})
NAMESPACES = {
    "network_mode": "network",
    "pid": "processes",
    "ipc": "shared memory",
    "uts": "host name",
    "userns_mode": "user ids",
    "cgroup": "control groups",
}
FLAGS = {
    "privileged": "all privileges (privileged): as good as root on this machine",
    "use_api_socket": "the engine's socket (use_api_socket): as good as root on this machine",
}
LOOPBACK = ("127.", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Request:
    """``text`` goes on after ``SERVICE asks for``."""

    service: str
    text: str


def requests(desired: Desired, environment: Environment, real: Real) -> tuple[Request, ...]:
    """List what the wanted containers ask for, worst first within each."""
    return tuple(
        Request(name, text)
        for name, wanted in desired.services.items()
        if wanted.replicas and wanted.runtime == DOCKER
        for text in of_service(wanted.service, environment, real)
    )


def of_service(service: Service, environment: Environment, real: Real) -> Iterator[str]:
    """Say what one service asks for."""
    definition = service.definition
    yield from _rights(definition)
    paths = [*_binds(definition, environment), *_files(definition, environment)]
    yield from _paths(paths, environment.root, real)
    yield from _build(definition.get("build") or {})
    yield from _ports(service.ports)


def _rights(definition: Definition) -> Iterator[str]:
    yield from (text for key, text in FLAGS.items() if definition.get(key))
    for key, what in NAMESPACES.items():
        if definition.get(key) == "host":
            yield f"this machine's own {what} ({key}: host)"
    if definition.get("cap_add"):
        yield f"capabilities: {', '.join(definition['cap_add'])} (cap_add)"
    yield from (f"the device {one['source']} (devices)" for one in _list(definition, "devices"))
    for rule in _list(definition, "device_cgroup_rules"):
        yield f"devices: {rule} (device_cgroup_rules)"
    for option in _list(definition, "security_opt"):
        if "unconfined" in option or "disable" in option:
            yield f"less protection: {option} (security_opt)"
    for hook in ("post_start", "pre_stop"):
        if any(one.get("privileged") for one in _list(definition, hook)):
            yield f"all privileges for a command ({hook})"


def _list(definition: Definition, key: str) -> Sequence[Any]:
    return definition.get(key) or ()


def _binds(definition: Definition, environment: Environment) -> Iterator[str]:
    for mount in _list(definition, "volumes"):
        source = str(mount.get("source") or "")
        if mount["type"] == "bind":
            yield source
        elif mount["type"] == "volume":
            yield from _device(environment.resources.volumes.get(source) or {})


def _device(volume: Definition) -> Iterator[str]:
    """The folder that a volume of the local driver is a bind of."""
    options = volume.get("driver_opts") or {}
    if "bind" in str(options.get("o") or ""):
        yield str(options.get("device") or "")


def _files(definition: Definition, environment: Environment) -> Iterator[str]:
    shared = environment.resources
    for key, declared in (("secrets", shared.secrets), ("configs", shared.configs)):
        for grant in _list(definition, key):
            file = (declared.get(str(grant["source"])) or {}).get("file")
            if file:
                yield str(file)


def _paths(paths: Iterable[str], root: str, real: Real) -> Iterator[str]:
    for path in dict.fromkeys(paths):
        meant = real(path)
        if meant.endswith(SOCKETS) or path.endswith(SOCKETS) or meant in SOCKET_FOLDERS:
            yield f"{path}, with the engine's socket: as good as root on this machine"
        elif not path.startswith("/") or commonpath((meant, real(root))) != real(root):
            yield f"{path}, outside of the repository"


def _build(build: Definition) -> Iterator[str]:
    if build.get("privileged"):
        yield "all privileges while it is built (build.privileged)"
    if build.get("network") == "host":
        yield "this machine's own network while it is built (build.network)"
    for entitlement in build.get("entitlements") or ():
        yield f"{entitlement} while it is built (build.entitlements)"
    if build.get("ssh"):
        yield "your ssh agent while it is built (build.ssh)"


def _ports(ports: Sequence[Port]) -> Iterator[str]:
    for port in ports:
        if not port.host.startswith(LOOPBACK):
            number = port.wanted if port.wanted is not None else port.name
            yield f"port {number} to be open to other machines ({port.host})"
