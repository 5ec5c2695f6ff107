"""Addresses for networks where the engine's own pools are used up."""

from __future__ import annotations

import hashlib
import ipaddress
import socket
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from devenv.errors import DevenvError

OUR_POOL = ipaddress.IPv4Network("10.192.0.0/12")
OUR_PREFIX = 26
ROUTES = "/proc/net/route"


def free_subnet(taken: Iterable[ipaddress.IPv4Network], name: str) -> ipaddress.IPv4Network:
    """Choose a subnet that overlaps none of ``taken``. Raises DevenvError when all are taken.

    Each ``name`` begins its search elsewhere, so that many at once rarely want the same.
    """
    used = [one for one in taken if one.overlaps(OUR_POOL)]
    for subnet in _from(name):
        if not any(subnet.overlaps(one) for one in used):
            return subnet
    raise DevenvError("the engine has no addresses left for a network", "docker network prune")


def _from(name: str) -> Iterator[ipaddress.IPv4Network]:
    count = 2 ** (OUR_PREFIX - OUR_POOL.prefixlen)
    first = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    base, size = int(OUR_POOL.network_address), 2 ** (32 - OUR_PREFIX)
    for number in range(count):
        yield ipaddress.IPv4Network((base + (first + number) % count * size, OUR_PREFIX))


def taken_by(networks: Iterable[Mapping[str, Any]]) -> list[ipaddress.IPv4Network]:
    """The subnets of networks, as the engine lists them."""
    configs = (one for found in networks for one in (found.get("IPAM") or {}).get("Config") or ())
    subnets = [ipaddress.ip_network(one["Subnet"]) for one in configs if one.get("Subnet")]
    return [one for one in subnets if isinstance(one, ipaddress.IPv4Network)]


def routed() -> list[ipaddress.IPv4Network]:
    """What this machine reaches by a route of its own: a VPN's networks among them."""
    found = []
    with suppress(OSError), open(ROUTES, encoding="ascii") as table:
        for line in table.readlines()[1:]:
            words = line.split()
            mask = _address(words[7])
            if mask != "0.0.0.0":
                found.append(ipaddress.IPv4Network((_address(words[1]), mask)))
    return found


def _address(hexadecimal: str) -> str:
    return socket.inet_ntoa(struct.pack("=I", int(hexadecimal, 16)))
