"""What a profile means in a branch preview: the cluster restarts, and everything is a container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from devenv.model.environment import Environment, Resources
from devenv.model.service import Condition, Kind, Port, Restart, Service


def previewed(environment: Environment) -> Environment:
    """The environment as a preview has it."""
    waited_for = _waited_for(environment.services)
    services = {
        name: _previewed(service, ends=name in waited_for)
        for name, service in environment.services.items()
    }
    if environment.seed in services:
        services[environment.seed] = replace(services[environment.seed], automatic=True)
    return replace(environment, services=services)


def taken_along(resources: Resources, contents: Mapping[str, str]) -> Resources:
    """Let configs and secrets hold their own content; ``contents`` are those of files, by path."""

    def held(named: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
        return {key: _held(one, contents, resources.values) for key, one in named.items()}

    return replace(resources, configs=held(resources.configs), secrets=held(resources.secrets))


def files_of(resources: Resources) -> list[str]:
    """The files whose contents a preview takes along."""
    sources = [*resources.configs.values(), *resources.secrets.values()]
    return sorted({str(one["file"]) for one in sources if one.get("file")})


def _held(
    source: Mapping[str, Any], contents: Mapping[str, str], values: Mapping[str, str]
) -> Mapping[str, Any]:
    if source.get("file") in contents:
        return {**source, "content": contents[source["file"]]}
    if source.get("environment"):
        return {**source, "content": values.get(source["environment"], "")}
    return source


def _waited_for(services: Mapping[str, Service]) -> frozenset[str]:
    """The services whose completion somebody waits for."""
    return frozenset(
        dependency.service
        for service in services.values()
        for dependency in service.depends_on
        if dependency.condition is Condition.COMPLETED
    )


def _previewed(service: Service, *, ends: bool) -> Service:
    own, replicas = service.preview, service.preview.replicas
    container = service.container
    if container is not None and own.resources:
        definition = _resourced(container.definition, own.resources)
        container = replace(container, definition=definition)
    return replace(
        service,
        kind=Kind.TASK if ends else service.kind,
        container=container,
        replicas=service.replicas if replicas is None else replicas,
        restart=Restart(),
        ports=tuple(map(_port, service.ports)),
    )


def _resourced(
    definition: Mapping[str, Any], resources: Mapping[str, Mapping[str, str]]
) -> Mapping[str, Any]:
    """A container's definition with these limits and reservations over its own."""
    deploy = definition.get("deploy") or {}
    before = deploy.get("resources") or {}
    merged = {key: {**(before.get(key) or {}), **amounts} for key, amounts in resources.items()}
    said = {(key, name) for key, amounts in resources.items() for name in amounts}
    kept = {key: value for key, value in definition.items() if _SHORT.get(key) not in said}
    return {**kept, "deploy": {**deploy, "resources": {**before, **merged}}}


_SHORT = {
    "cpus": ("limits", "cpus"),
    "mem_limit": ("limits", "memory"),
    "mem_reservation": ("reservations", "memory"),
}
"""Keys of a container that say the same, and would win."""


def _port(port: Port) -> Port:
    """Its number on this machine is that of a forward, and may be any."""
    number = port.wanted if isinstance(port.wanted, int) else 0
    return replace(port, target=port.target or number, host="127.0.0.1", movable=True)
