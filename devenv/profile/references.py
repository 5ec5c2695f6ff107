"""``${{ … }}``: values of services that are known only once addresses are assigned.

In the model's strings every ``${{`` begins a reference; ``escape`` makes literal text safe.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, cast

from devenv.errors import DevenvError
from devenv.model.environment import Environment
from devenv.model.secret import MASK, is_secret_name, mask_addresses
from devenv.model.service import (
    Check,
    Container,
    ExecCheck,
    FileCheck,
    HttpCheck,
    LogCheck,
    Port,
    Process,
    Service,
    TcpCheck,
)
from devenv.profile.schemes import scheme

Attribute = Literal["port", "host", "url", "env", "secret", "data", "index"]

_OPEN = "${{"
_LITERAL = "${{$}}"
_REFERENCE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_SELF = re.compile(
    r"self\.(?:ports\.(?P<port>[\w.-]+)|env\.(?P<variable>\w+)|"
    r"(?P<attribute>port|host|url|secret|data|index))"
)
_OTHER = re.compile(
    r"services\.(?P<service>[A-Za-z0-9][\w.-]*?)\."
    r"(?:ports\.(?P<port>[\w.-]+)|env\.(?P<variable>\w+)|(?P<attribute>url|host|port))"
)
HOST = "host.docker.internal"
"""How a container calls the machine that it runs on."""
_WILDCARDS = frozenset({"0.0.0.0", "::", "*", ""})


@dataclass(frozen=True, slots=True)
class Reference:
    """``service`` is empty for ``self``; ``name`` is a port's ("": the first) or a variable's."""

    service: str
    attribute: Attribute
    name: str = ""
    written: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """What the daemon knows: numbers by (service, index, port name), secrets and data folders.

    ``contained``: the services that are containers.
    """

    ports: Mapping[tuple[str, int, str], int]
    secret: Callable[[str], str]
    data: Callable[[str], str]
    contained: frozenset[str] = frozenset()


def escape(literal: str) -> str:
    """Make text that holds ``${{`` mean these characters."""
    return literal.replace(_OPEN, f"{_LITERAL}{{{{") if _OPEN in literal else literal


@lru_cache(maxsize=4096)
def parse(template: str) -> tuple[str | Reference, ...]:
    """Split a template into literal text and references. Raises DevenvError."""
    parts: list[str | Reference] = []
    for number, part in enumerate(_REFERENCE.split(template)):
        if number % 2:
            parts.append("$" if part == "$" else _reference(part.strip()))
        elif part:
            parts.append(part)
    return tuple(parts)


def resolve(environment: Environment, service: Service, index: int, given: Given) -> Service:
    """Replace all references in what one replica is made from.

    Raises DevenvError where a port that is referred to has no number in ``given``.
    """
    at = _At(environment, given, service, index, service.name in given.contained)
    process, container = service.process, service.container
    of_process = process.probe if process and not at.within else None
    probe = of_process or service.probe
    return replace(
        service,
        process=_process(process, at) if process else None,
        container=Container(_each_text(container.definition, at)) if container else None,
        probe=replace(probe, check=_check(probe.check, at)) if probe else None,
        url=at.text(service.url),
        labels={name: at.text(value) for name, value in service.labels.items()},
    )


def resolve_body(
    environment: Environment, body: Mapping[str, Any], given: Given
) -> Mapping[str, Any]:
    """Replace all references in an object of a cluster, which sees what its pods see.

    Raises DevenvError as ``resolve`` does.
    """
    anybody = next(iter(environment.services.values()))
    found: Mapping[str, Any] = _each_text(body, _At(environment, given, anybody, 0, within=True))
    return found


def shown_url(environment: Environment, service: Service, index: int, given: Given) -> str:
    """Resolve the address of a replica, its secret masked; empty: it has none.

    Raises DevenvError where a port has no number in ``given``.
    """
    if not service.url and not service.ports:
        return ""
    hidden = replace(given, secret=lambda _: MASK)
    return mask_addresses(_At(environment, hidden, service, index, within=False).url())


def secret_variables(environment: Environment, service: Service) -> frozenset[str]:
    """Name the variables of a service whose values must not be shown.

    The references must have been checked: without cycles, and to things that are there.
    """
    variables = variables_of(service)
    return frozenset(
        name
        for name, template in variables.items()
        if is_secret_name(name) or holds_secret(environment, service, template)
    )


def holds_secret(environment: Environment, service: Service, template: str) -> bool:
    """Tell whether a template of this service leads to a secret or an address with a password."""
    if _OPEN not in template:
        return mask_addresses(template) != template
    flat = _REFERENCE.sub("x", template)
    return mask_addresses(flat) != flat or any(
        _is_secret(environment, service, part)
        for part in parse(template)
        if isinstance(part, Reference)
    )


def leads_to_secret(environment: Environment, template: str) -> bool:
    """Tell whether a template of no service leads to a secret of one."""
    return any(
        _is_secret(environment, environment.services[part.service], part)
        for part in parse(template)
        if isinstance(part, Reference)
    )


def target(environment: Environment, reader: Service, reference: Reference) -> Service:
    return environment.services[reference.service] if reference.service else reader


def url_template(service: Service) -> str:
    """The template of a service's address; where it says none, that of its first port."""
    if service.url:
        return service.url
    port = port_named(service, "")
    return (
        f"{scheme(service, port) if port else 'http'}://${{{{ self.host }}}}:${{{{ self.port }}}}"
    )


def _is_secret(environment: Environment, reader: Service, reference: Reference) -> bool:
    service = target(environment, reader, reference)
    if reference.attribute == "url":
        return holds_secret(environment, service, url_template(service))
    if reference.attribute == "env":
        value = variables_of(service)[reference.name]
        return is_secret_name(reference.name) or holds_secret(environment, service, value)
    return reference.attribute == "secret"


def _reference(inside: str) -> Reference:
    if match := _SELF.fullmatch(inside) or _OTHER.fullmatch(inside):
        found = match.groupdict()
        service = found.get("service") or ""
        if found["port"]:
            return Reference(service, "port", found["port"], inside)
        if found["variable"]:
            return Reference(service, "env", found["variable"], inside)
        return Reference(service, cast(Attribute, found["attribute"]), written=inside)
    raise DevenvError(
        f"unknown reference `${{{{ {inside} }}}}`",
        "there are self.port, .ports.NAME, .host, .url, .env.NAME, .secret, .data, .index and "
        "services.X.url, .host, .port, .ports.NAME, .env.NAME",
    )


@dataclass(frozen=True, slots=True)
class _At:
    """One replica, whose ``self`` it is while its templates are resolved.

    An address depends on who reads it: containers see each other by name and by their own ports,
    this machine sees what is published, and containers see this machine as HOST.
    """

    environment: Environment
    given: Given
    service: Service
    index: int
    within: bool
    """Whether who reads this is a container."""

    def text(self, template: str) -> str:
        if _OPEN not in template:
            return template
        return "".join(
            part if isinstance(part, str) else self.value(part) for part in parse(template)
        )

    def value(self, reference: Reference) -> str:
        at = self
        if reference.service:
            other = target(self.environment, self.service, reference)
            at = _At(self.environment, self.given, other, 0, self.within)
        match reference.attribute:
            case "port":
                return str(at.number(reference.name))
            case "host":
                return at.host()
            case "url":
                return at.url()
            case "env":
                return at.variable(reference.name)
            case "secret":
                return self.given.secret(at.service.name)
            case "data":
                return self.given.data(at.service.name)
            case "index":
                return str(at.index)

    def number(self, name: str) -> int:
        port = port_named(self.service, name)
        if port is None:
            raise DevenvError(f"{self.service.name} has no port {name or 'at all'}")
        if self.within and port.target and self.service.name in self.given.contained:
            return port.target
        claimed = self.given.ports.get((self.service.name, self.index, port.name))
        if claimed is not None:
            return claimed
        if isinstance(port.wanted, int):
            return port.wanted
        raise DevenvError(
            f"the port {port.name} of {self.service.name} has no number yet",
            f"bring {self.service.name} up first",
        )

    def host(self) -> str:
        """The address at which the first port is reached."""
        if self.within:
            return self.service.name if self.service.name in self.given.contained else HOST
        port = port_named(self.service, "")
        return "127.0.0.1" if port is None or port.host in _WILDCARDS else port.host

    def url(self) -> str:
        return self.text(url_template(self.service))

    def variable(self, name: str) -> str:
        contained = self.service.name in self.given.contained
        return self.text(variables_of(self.service, contained=contained)[name])


def variables_of(service: Service, *, contained: bool = False) -> Mapping[str, str]:
    """The variables of a service, of both its sides; those of the side that it runs on win."""
    written = service.container.definition.get("environment") if service.container else None
    of_container = {name: value for name, value in (written or {}).items() if value is not None}
    of_process = service.process.environment if service.process else {}
    return {**of_process, **of_container} if contained else {**of_container, **of_process}


def port_named(service: Service, name: str) -> Port | None:
    """Find a port of a service; the first one where ``name`` is empty."""
    return next((port for port in service.ports if name in ("", port.name)), None)


def _process(process: Process, at: _At) -> Process:
    return replace(
        process,
        command=tuple(at.text(word) for word in process.command),
        directory=at.text(process.directory),
        environment={name: at.text(value) for name, value in process.environment.items()},
    )


def _each_text(value: Any, at: _At) -> Any:
    """Resolve every text of a definition."""
    if isinstance(value, str):
        return at.text(value)
    if isinstance(value, Mapping):
        return {key: _each_text(one, at) for key, one in value.items()}
    return [_each_text(one, at) for one in value] if isinstance(value, list) else value


def _check(check: Check, at: _At) -> Check:
    match check:
        case HttpCheck(path, port, host):
            return replace(check, path=at.text(path), port=at.text(port), host=at.text(host))
        case TcpCheck(port, host):
            return TcpCheck(at.text(port), at.text(host))
        case LogCheck(pattern):
            return LogCheck(at.text(pattern))
        case ExecCheck(command):
            return ExecCheck(tuple(at.text(word) for word in command))
        case FileCheck(path):
            return FileCheck(at.text(path))
