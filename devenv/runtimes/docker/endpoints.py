"""A service's place in its networks, and under which names it is found there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Endpoints = dict[str, dict[str, Any]]


def endpoints(
    name: str, definition: Mapping[str, Any], networks: Mapping[str, str]
) -> tuple[Endpoints, Endpoints]:
    """The network that a container is created in, and those that it is connected to after that.

    ``networks`` gives the engine's name for each network's key. The first is that of the highest
    priority, as in Compose.
    """
    written = _joined(definition)
    order = sorted(written, key=lambda key: (-int((written[key] or {}).get("priority") or 0), key))
    made = [(networks[key], _endpoint(name, definition, written[key] or {})) for key in order]
    return dict(made[:1]), dict(made[1:])


def network_mode(
    definition: Mapping[str, Any], networks: Mapping[str, str], containers: Mapping[str, str]
) -> str:
    """``host``, ``none``, another container's, or the network that it is created in."""
    mode = str(definition.get("network_mode") or "")
    if mode.startswith("service:"):
        return f"container:{containers[mode.removeprefix('service:')]}"
    if mode:
        return mode
    first = endpoints("", definition, networks)[0]
    return next(iter(first), "none")


def _joined(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    return {} if definition.get("network_mode") else definition.get("networks") or {}


def _endpoint(
    name: str, definition: Mapping[str, Any], written: Mapping[str, Any]
) -> dict[str, Any]:
    addresses = {
        "IPv4Address": written.get("ipv4_address"),
        "IPv6Address": written.get("ipv6_address"),
        "LinkLocalIPs": written.get("link_local_ips"),
    }
    made = {
        "Aliases": [name, *own_name(definition), *(written.get("aliases") or ())],
        "Links": _links(definition),
        "MacAddress": written.get("mac_address"),
        "DriverOpts": written.get("driver_opts"),
        "GwPriority": written.get("gw_priority"),
        "IPAMConfig": {key: value for key, value in addresses.items() if value},
    }
    return {key: value for key, value in made.items() if value}


def own_name(definition: Mapping[str, Any]) -> list[str]:
    """``container_name``: others find it by that, whatever the engine calls it."""
    return [str(definition["container_name"])] if definition.get("container_name") else []


def _links(definition: Mapping[str, Any]) -> list[str]:
    """Links to other services are names on the network; only an alias needs saying."""
    links = (str(one).partition(":") for one in definition.get("links") or ())
    return [f"{service}:{alias}" for service, _, alias in links if alias and alias != service]
