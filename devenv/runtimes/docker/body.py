"""A service as Compose resolves it, into what the engine is asked to create. Pure.

The engine's side is POST /containers/create of its API, version 1.41 and newer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from devenv.model.environment import EnvironmentId
from devenv.model.service import Port
from devenv.runtimes.docker.endpoints import endpoints, network_mode
from devenv.runtimes.docker.limits import limits
from devenv.runtimes.docker.mounts import Mounts
from devenv.runtimes.docker.quantities import nanoseconds

Definition = Mapping[str, Any]
Body = dict[str, Any]

HOST = "host.docker.internal"
HOST_GATEWAY = f"{HOST}:host-gateway"
"""Only for who uses it: how a container reaches this machine."""
BOUNDED = {"Type": "json-file", "Config": {"max-size": "256m", "max-file": "2"}}
INITS = frozenset({"/init", "/sbin/init", "tini", "dumb-init", "s6-svscan", "systemd"})
"""Programs that are an init of their own."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a container is made: what its networks, volumes and neighbours are called there.

    ``ports`` are those of this replica, with their numbers; ``containers`` gives the container of
    a service that another one shares something with; ``owner`` is the container whose network
    all share ("": each has its own).
    """

    environment: EnvironmentId
    image: str
    labels: Mapping[str, str]
    networks: Mapping[str, str] = field(default_factory=dict)
    mounts: Mounts = field(default_factory=Mounts)
    ports: Sequence[Port] = ()
    containers: Mapping[str, str] = field(default_factory=dict)
    hosts: Sequence[str] = ()
    owner: str = ""


def container_body(name: str, definition: Definition, site: Site) -> Body:
    """Make the body for a service called ``name``."""
    body = {
        "Image": site.image,
        "Labels": {**(definition.get("labels") or {}), **site.labels},
        "Env": _environment(definition.get("environment") or {}),
        "Cmd": definition.get("command"),
        "Entrypoint": definition.get("entrypoint"),
        "Tty": bool(definition.get("tty")),
        "OpenStdin": bool(definition.get("stdin_open")),
        "User": definition.get("user"),
        "WorkingDir": definition.get("working_dir"),
        "Hostname": definition.get("hostname"),
        "Domainname": definition.get("domainname"),
        "MacAddress": definition.get("mac_address"),
        "StopSignal": definition.get("stop_signal"),
        "StopTimeout": _grace(definition),
        "Healthcheck": healthcheck(definition.get("healthcheck")),
        "ExposedPorts": _exposed(definition, site.ports),
        "HostConfig": _host(definition, site),
        "NetworkingConfig": {"EndpointsConfig": endpoints(name, definition, site.networks)[0]},
    }
    return {key: value for key, value in body.items() if value not in (None, "")}


def healthcheck(written: Definition | None) -> Body | None:
    """The engine's healthcheck; fields that are not set are the image's."""
    if not written:
        return None
    if written.get("disable"):
        return {"Test": ["NONE"]}
    times = {
        "Interval": "interval",
        "Timeout": "timeout",
        "StartPeriod": "start_period",
        "StartInterval": "start_interval",
    }
    made: Body = {
        theirs: nanoseconds(written[ours]) for theirs, ours in times.items() if ours in written
    }
    if written.get("test"):
        made["Test"] = list(written["test"])
    if written.get("retries") is not None:
        made["Retries"] = written["retries"]
    return made


def _grace(definition: Definition) -> int | None:
    """Whole seconds; devenv says its own at each stop, this is for who stops it by other means."""
    written = definition.get("stop_grace_period")
    return None if written is None else ceil(nanoseconds(written) / 1e9)


def has_own_init(definition: Definition) -> bool:
    """Tell whether what it starts with is an init."""
    words = definition.get("entrypoint") or definition.get("command") or [""]
    first = str(words[0])
    return first in INITS or first.rpartition("/")[2] in INITS


def _environment(variables: Mapping[str, str | None]) -> list[str]:
    """One without a value takes away what the image has."""
    return [name if value is None else f"{name}={value}" for name, value in variables.items()]


def _exposed(definition: Definition, ports: Sequence[Port]) -> Body:
    written = [str(port) for port in definition.get("expose") or ()]
    exposed = [port if "/" in port else f"{port}/tcp" for port in written]
    return {key: {} for key in [*exposed, *(port_key(port) for port in ports)]}


def port_key(port: Port) -> str:
    return f"{port.target or port.wanted}/{port.protocol}"


def _host(definition: Definition, site: Site) -> Body:
    init = definition.get("init")
    shared = f"container:{site.owner}" if site.owner else ""
    mounts = site.mounts
    host: Body = {
        "NetworkMode": shared or network_mode(definition, site.networks, site.containers),
        "PortBindings": bindings(site.ports),
        "Binds": list(mounts.binds),
        "Mounts": list(mounts.mounts),
        "Tmpfs": dict(mounts.tmpfs),
        "RestartPolicy": {"Name": "no"},
        "Init": not has_own_init(definition) if init is None else bool(init),
        "CapAdd": definition.get("cap_add"),
        "CapDrop": definition.get("cap_drop"),
        "Privileged": bool(definition.get("privileged")),
        "ReadonlyRootfs": bool(definition.get("read_only")),
        "SecurityOpt": definition.get("security_opt"),
        "ExtraHosts": [*_hosts(definition.get("extra_hosts") or ()), *site.hosts],
        "Dns": definition.get("dns"),
        "DnsOptions": definition.get("dns_opt"),
        "DnsSearch": definition.get("dns_search"),
        "GroupAdd": definition.get("group_add"),
        "IpcMode": _shared(definition.get("ipc"), site),
        "PidMode": _shared(definition.get("pid"), site),
        "UTSMode": definition.get("uts"),
        "UsernsMode": definition.get("userns_mode"),
        "CgroupnsMode": definition.get("cgroup"),
        "CgroupParent": definition.get("cgroup_parent"),
        "Isolation": definition.get("isolation"),
        "Runtime": definition.get("runtime"),
        "Sysctls": definition.get("sysctls"),
        "StorageOpt": definition.get("storage_opt"),
        "Annotations": definition.get("annotations"),
        "VolumesFrom": [_volumes_from(one, site) for one in definition.get("volumes_from") or ()],
        "Devices": [_device(one) for one in definition.get("devices") or ()],
        "DeviceCgroupRules": definition.get("device_cgroup_rules"),
        "Links": _external_links(definition),
        "LogConfig": _logging(definition.get("logging")),
        **limits(definition),
    }
    return {key: value for key, value in host.items() if value not in (None, "", [], {})}


def bindings(ports: Sequence[Port]) -> Body:
    bindings: Body = {}
    for port in ports:
        number = "" if port.wanted is None else str(port.wanted)
        bindings.setdefault(port_key(port), []).append({"HostIp": port.host, "HostPort": number})
    return bindings


def _hosts(written: Sequence[str] | Mapping[str, Any]) -> list[str]:
    """``name=address`` of the resolved form, as ``name:address``."""
    if isinstance(written, Mapping):
        return [f"{name}:{one}" for name, found in written.items() for one in _many(found)]
    return [one.replace("=", ":", 1) for one in written]


def _many(found: object) -> Sequence[object]:
    return found if isinstance(found, list | tuple) else [found]


def _shared(mode: object, site: Site) -> object:
    """``service:NAME``: that service's container."""
    text = str(mode or "")
    if text.startswith("service:"):
        return f"container:{site.containers[text.removeprefix('service:')]}"
    return mode


def _volumes_from(written: str, site: Site) -> str:
    if written.startswith("container:"):
        return written.removeprefix("container:")
    name, colon, rest = written.partition(":")
    return f"{site.containers[name]}{colon}{rest}"


def _device(written: Definition) -> Body:
    return {
        "PathOnHost": written["source"],
        "PathInContainer": written.get("target") or written["source"],
        "CgroupPermissions": written.get("permissions") or "rwm",
    }


def _external_links(definition: Definition) -> list[str]:
    links = (str(one) for one in definition.get("external_links") or ())
    return [link if ":" in link else f"{link}:{link}" for link in links]


def _logging(written: Definition | None) -> Body:
    """The engine's own copy of a log would grow without an end."""
    if not written:
        return BOUNDED
    options = {name: str(value) for name, value in (written.get("options") or {}).items()}
    return {"Type": written.get("driver") or "", "Config": options}
