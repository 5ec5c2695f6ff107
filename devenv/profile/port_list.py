"""A service's ``ports``, in all their forms, to the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from devenv.errors import DevenvError
from devenv.model.service import Port, PortRange
from devenv.profile import ports, schema
from devenv.profile.place import Place
from devenv.profile.tree import Path

Entry = tuple[Port, ...] | schema.PortTable | dict[str, str]


def ports_of(written: schema.Service, place: Place) -> tuple[Port, ...]:
    """Make the ports of a service, each name once."""
    found: dict[str, Port] = {}
    for path, port in _entries(written, place):
        if port.name in found:
            place.error(f"two ports are called `{port.name}`", path)
        found[port.name] = port
    return tuple(found.values())


def check_room(ports_: tuple[Port, ...], replicas: int, place: Place) -> None:
    """Refuse ports that so many replicas cannot each have one of."""
    for port in ports_:
        match port.wanted:
            case PortRange(first, last):
                room = last - first + 1
            case int():
                room = 1
            case None:
                room = replicas
        if room < replicas:
            place.error(
                f"{replicas} replicas cannot share the port `{port.name}`",
                ("ports",),
                f"write `{port.name}: auto`",
            )


def _entries(written: schema.Service, place: Place) -> Iterator[tuple[Path, Port]]:
    entries = written.ports or ()
    if isinstance(entries, dict):
        for name, value in entries.items():
            yield from _named(name, value, ("ports", name), place)
        return
    for number, entry in enumerate(entries):
        path = ("ports", number)
        if isinstance(entry, tuple):
            yield from ((path, port) for port in entry)
        elif isinstance(entry, dict):
            for name, value in entry.items():
                yield from _named(name, value, (*path, name), place)
        else:
            spec = ports.Spec(
                entry.name,
                entry.host_ip,
                entry.published,
                entry.target,
                entry.protocol,
                entry.app_protocol,
            )
            yield from _expanded(spec, path, place)


def _named(name: str, value: str, path: Path, place: Place) -> Iterator[tuple[Path, Port]]:
    try:
        spec = ports.spec_of(value)
    except DevenvError as error:
        place.error(error.message, path, error.hint)
        return
    yield from _expanded(replace(spec, name=name), path, place)


def _expanded(spec: ports.Spec, path: Path, place: Place) -> Iterator[tuple[Path, Port]]:
    try:
        found = ports.expanded(spec)
    except DevenvError as error:
        place.error(error.message, path, error.hint)
        return
    yield from ((path, port) for port in found)
