"""Ports as they can be written: ours with a name (``web: auto``), and Compose's forms."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from devenv.errors import DevenvError
from devenv.model.service import Port, PortRange

LONG_KEYS = frozenset(
    {"name", "target", "published", "host_ip", "protocol", "app_protocol", "mode"}
)
_EXPANDED_LIMIT = 256
_HIGHEST = 65535
_NAMED = re.compile(r"(?P<name>[A-Za-z][\w.-]*):\s*(?P<spec>.+)")
_SPEC = re.compile(
    r"(?:(?P<host>\[[0-9A-Fa-f:.]+\]|\d+\.\d+\.\d+\.\d+|localhost):)?"
    r"(?:(?P<published>auto|\d+(?:-\d+)?)?:)?"
    r"(?P<target>auto|\d+(?:-\d+)?)"
    r"(?:/(?P<protocol>tcp|udp))?"
)
_HINT = "write one like `web: auto`, `web: 8080`, `web: 3000-3010` or `8080:80`"


@dataclass(frozen=True, slots=True)
class Spec:
    """The parts of a port as they were written; empty where they were not."""

    name: str = ""
    host: str = ""
    published: str = ""
    target: str = ""
    protocol: str = "tcp"
    app_protocol: str = ""

    @property
    def identity(self) -> str:
        """Two entries of one identity mean one port: the later one replaces the earlier."""
        if self.name:
            return self.name
        return f"{self.host or '0.0.0.0'}:{self.published}:{self.target}/{self.protocol}"


def short(written: str) -> tuple[Port, ...]:
    """Read the short form, with a name or as in Compose. Raises DevenvError."""
    return expanded(spec_of(written))


def spec_of(written: str) -> Spec:
    """Split the short form into its parts. Raises DevenvError."""
    named = _NAMED.fullmatch(written)
    name, spec = (named["name"], named["spec"]) if named else ("", written)
    if written == "auto":
        name = "port"
    match = _SPEC.fullmatch(spec.strip())
    if match is None:
        raise DevenvError(f"`{written}` is not a port", _HINT)
    return Spec(
        name,
        (match["host"] or "").strip("[]"),
        match["published"] or "",
        match["target"],
        match["protocol"] or "tcp",
    )


def expanded(spec: Spec) -> tuple[Port, ...]:
    """Make the ports of an entry: for host processes the published number counts, else the target.

    A port without a name is called by its target. Raises DevenvError.
    """
    return tuple(replace(port, app_protocol=spec.app_protocol) for port in _expanded(spec))


def _expanded(spec: Spec) -> tuple[Port, ...]:
    wanted = spec.published or spec.target
    host = spec.host or "127.0.0.1"
    if spec.name:
        target = int(spec.target) if spec.target.isdecimal() else 0
        return (Port(spec.name, _wanted(wanted), host, spec.protocol, target),)
    if not spec.target:
        raise DevenvError("a port needs a `target` or a `name`", _HINT)
    targets = _numbers(spec.target)
    suffix = "" if spec.protocol == "tcp" else f"/{spec.protocol}"
    if len(targets) == 1:
        name = f"{targets[0]}{suffix}"
        return (Port(name, _wanted(wanted), host, spec.protocol, targets[0]),)
    published = _numbers(wanted)
    if len(published) != len(targets):
        raise DevenvError(f"`{wanted}` and `{spec.target}` have not as many ports", _HINT)
    return tuple(
        Port(f"{target}{suffix}", number, host, spec.protocol, target)
        for target, number in zip(targets, published, strict=True)
    )


def _wanted(written: str) -> int | PortRange | None:
    if written in ("auto", ""):
        return None
    first, dash, last = written.partition("-")
    if not dash or first == last:
        return _number(first)
    found = PortRange(_number(first), _number(last))
    if found.first > found.last:
        raise DevenvError(f"the range `{written}` ends before it begins", _HINT)
    return found


def _numbers(written: str) -> list[int]:
    wanted = _wanted(written)
    if wanted is None:
        raise DevenvError("`auto` needs a name", "write `web: auto`")
    if isinstance(wanted, int):
        return [wanted]
    if wanted.last - wanted.first >= _EXPANDED_LIMIT:
        raise DevenvError(f"more than {_EXPANDED_LIMIT} ports in `{written}`", _HINT)
    return list(range(wanted.first, wanted.last + 1))


def _number(written: str) -> int:
    if not (written.isdecimal() and len(written) < 6 and 1 <= int(written) <= _HIGHEST):
        raise DevenvError(f"`{written}` is not a port", "ports go from 1 to 65535; or write auto")
    return int(written)
