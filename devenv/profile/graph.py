"""Checks what services say of each other: that it is there, can come true, and goes not round."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from devenv.errors import did_you_mean
from devenv.model.origin import Origin
from devenv.model.service import Condition, Dependency, Kind, Port, Service
from devenv.profile.place import section_of
from devenv.profile.problems import Problems
from devenv.profile.tree import Table, origin_of

Node = TypeVar("Node", bound=Hashable)


def check_dependencies(
    services: Mapping[str, Service],
    partly: Mapping[str, Service],
    declared: frozenset[str],
    tree: Table,
    problems: Problems,
) -> None:
    """Check every ``depends_on``, also of services that are only partly right.

    ``declared``: also the services that could not be built.
    """
    known = {**services, **partly}
    for service in known.values():
        for dependency in service.depends_on:
            origin = _origin(service, dependency, tree)
            if dependency.service not in declared:
                _unknown(service, dependency, origin, problems, declared)
            elif dependency.service in services:
                _check(service, dependency, services[dependency.service], origin, problems)
    edges = {
        name: [one.service for one in service.depends_on if one.service in known]
        for name, service in known.items()
    }
    for cycle in cycles(edges):
        first = known[cycle[0]]
        dependency = next(one for one in first.depends_on if one.service == cycle[1])
        problems.error(
            f"services wait for each other: {' → '.join(cycle)}",
            _origin(first, dependency, tree),
            "remove one of these `depends_on`",
        )


def check_ports(services: Iterable[Service], tree: Table, problems: Problems) -> None:
    """Refuse a fixed port that is given twice among what runs at the same time."""
    holders: dict[tuple[str, str, int], tuple[Service, Port]] = {}
    for service in services:
        for port in service.ports if service.automatic else ():
            if port.movable or not isinstance(port.wanted, int):
                continue
            key = (port.host, port.protocol, port.wanted)
            first, its = holders.setdefault(key, (service, port))
            if its is not port:
                who = f"{service.name} and {first.name}" if first is not service else service.name
                problems.error(
                    f"{who} cannot have the port {port.wanted} twice",
                    origin_of(tree, (section_of(service.kind), service.name, "ports")),
                    f"write `{port.name}: auto`",
                )


def check_builds(services: Mapping[str, Service], problems: Problems) -> None:
    """Refuse images that are built on what is not built here, or on each other in a circle."""
    built = {name: one for name, one in services.items() if one.definition.get("build")}
    for service in built.values():
        for base in service.bases:
            if base not in built:
                problems.error(
                    f"{service.name} is built on `{base}`, which is no service that is built",
                    service.origin,
                    did_you_mean(base, built) or "`docker-image://NAME` means an image",
                )
    for cycle in cycles({name: one.bases for name, one in built.items()}):
        problems.error(
            f"images are built on each other: {' → '.join(cycle)}",
            built[cycle[0]].origin,
            "remove one of these `additional_contexts`",
        )


def known_dependencies(service: Service, services: Mapping[str, Service]) -> tuple[Dependency, ...]:
    """What a service depends on, without what the profile does not have."""
    return tuple(one for one in service.depends_on if one.service in services)


def cycles(edges: Mapping[Node, Iterable[Node]]) -> list[list[Node]]:
    """Find cycles, each node in at most one of them, as paths that end where they begin."""
    done: set[Node] = set()
    found: list[list[Node]] = []
    for start in edges:
        found.extend(_cycles_from(start, edges, done))
    return found


def _cycles_from(
    start: Node, edges: Mapping[Node, Iterable[Node]], done: set[Node]
) -> list[list[Node]]:
    """Walk depth first without recursion; ``done`` are the nodes that need no second visit."""
    if start in done:
        return []
    found: list[list[Node]] = []
    path: dict[Node, None] = {start: None}
    waiting = [iter(edges.get(start, ()))]
    while waiting:
        following = next(waiting[-1], None)
        if following is None:
            waiting.pop()
            done.add(path.popitem()[0])
        elif following in path:
            nodes = list(path)
            found.append([*nodes[nodes.index(following) :], following])
        elif following not in done:
            path[following] = None
            waiting.append(iter(edges.get(following, ())))
    return found


def _origin(service: Service, dependency: Dependency, tree: Table) -> Origin:
    """Find where a dependency is written: an item of a list, or a key of a map."""
    path = (section_of(service.kind), service.name, "depends_on")
    position = [one.service for one in service.depends_on].index(dependency.service)
    by_name = origin_of(tree, (*path, dependency.service), key=True)
    by_position = origin_of(tree, (*path, position))
    return by_position if by_name == origin_of(tree, path) else by_name


def _unknown(
    service: Service,
    dependency: Dependency,
    origin: Origin,
    problems: Problems,
    declared: frozenset[str],
) -> None:
    message = f"{service.name} depends on `{dependency.service}`, which is not in the profile"
    hint = did_you_mean(dependency.service, declared - {service.name})
    if dependency.required:
        problems.error(message, origin, hint)
    else:
        problems.warn(message, origin, hint)


def _check(
    service: Service, dependency: Dependency, on: Service, origin: Origin, problems: Problems
) -> None:
    waits_for_health = dependency.condition is Condition.HEALTHY
    if waits_for_health and on.probe is None and on.container is None:
        problems.error(
            f"{service.name} waits for `{on.name}` to be healthy, but that has no check",
            origin,
            f"add `ready` or `healthcheck` to {on.name}",
        )
    is_disabled = on.kind is Kind.SERVICE and not on.automatic
    if service.automatic and is_disabled and dependency.required:
        problems.error(
            f"{service.name} depends on `{on.name}`, whose Compose profiles are not active",
            origin,
            "activate one with --profile, or write `required: false`",
        )
