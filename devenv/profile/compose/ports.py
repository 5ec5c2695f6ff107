"""Published ports: ``[HOST:[PUBLISHED:]]TARGET[/PROTOCOL]`` and its long form."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from devenv.errors import DevenvError
from devenv.profile.compose.scalars import integer, one_of, scalar, string
from devenv.profile.compose.shape import Spot, table

HINT = "write one like 80, 8080:80, 127.0.0.1:8080:80/udp or 8000-8010:8000-8010"
_SHORT = re.compile(
    r"(?:(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]]*):)??"
    r"(?:(?P<published>\d*(?:-\d+)?):)?"
    r"(?P<target>\d+(?:-\d+)?)(?:/(?P<protocol>[a-z]+))?"
)
_LONG = table(
    {
        "name": string,
        "mode": string,
        "host_ip": string,
        "target": integer,
        "published": scalar,
        "protocol": string,
        "app_protocol": string,
    }
)
_PROTOCOL = one_of("tcp", "udp", "sctp")


def ports(value: Any, spot: Spot) -> list[dict[str, Any]]:
    """Read one entry: a short form may stand for several ports."""
    if isinstance(value, dict):
        found = {"mode": "ingress", "protocol": "tcp", **_LONG(value, spot)}
        if not isinstance(found.get("target"), int):
            raise DevenvError("a port needs a `target`", HINT)
        _check_host(found.get("host_ip"))
        return [found]
    return _short(scalar(value, spot), spot)


def _short(text: str, spot: Spot) -> list[dict[str, Any]]:
    match = _SHORT.fullmatch(text)
    if match is None:
        raise DevenvError(f"`{text}` is not a port", HINT)
    host = (match["host"] or "").strip("[]")
    _check_host(host)
    protocol = _PROTOCOL(match["protocol"] or "tcp", spot)
    targets, published = _range(match["target"]), match["published"] or ""
    each = _published(published, len(targets), text)
    made = []
    for target, number in zip(targets, each, strict=True):
        port = {"mode": "ingress", "target": target, "protocol": protocol}
        port |= {"host_ip": host} if host else {}
        port |= {"published": number} if number else {}
        made.append(port)
    return sorted(made, key=lambda port: str(port["target"]))  # as text: so does Compose


def _published(text: str, count: int, whole: str) -> list[str]:
    if not text:
        return [""] * count
    numbers = _range(text)
    if len(numbers) == count:
        return [str(number) for number in numbers]
    if count == 1:
        return [text]
    raise DevenvError(f"the ranges of `{whole}` have not the same length", HINT)


def _range(text: str) -> list[int]:
    first, _, last = text.partition("-")
    numbers = list(range(int(first), int(last or first) + 1)) if first else []
    if not numbers or numbers[-1] > 65535:
        raise DevenvError(f"`{text}` is no range of ports", HINT)
    return numbers


def _check_host(host: str | None) -> None:
    if host:
        try:
            ipaddress.ip_address(host)
        except ValueError as error:
            raise DevenvError(f"`{host}` is not an address", HINT) from error


def key_of(port: dict[str, Any]) -> str:
    """Two entries with one key are one port: the later one counts."""
    host, published = port.get("host_ip") or "0.0.0.0", port.get("published", "")
    return f"{host}:{published}:{port['target']}/{port['protocol']}"
