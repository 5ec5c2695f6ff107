"""Containers beside those of a service, made like them: for a command of the user's."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from devenv.errors import DevenvError
from devenv.model.service import Service
from devenv.runtimes.docker.attaching import join
from devenv.runtimes.docker.creating import Aside, Creator, Definition
from devenv.runtimes.docker.duplex import Duplex
from devenv.runtimes.docker.place import Place
from devenv.runtimes.docker.quantities import seconds
from devenv.runtimes.protocol import Command, Report

RUN = "run"
OF_THE_SERVICE = ("container_name", "healthcheck", "mac_address", "ports", "restart", "scale")
"""What only a service's own containers have."""
OF_ONE = ("aliases", "ipv4_address", "ipv6_address", "link_local_ips", "mac_address")
"""What only one container in a network can have."""
GRACE = "10s"


async def run_once(place: Place, service: Service, command: Command, report: Report) -> Duplex:
    """Run a command in a container made like a service's; it is ended when its user leaves.

    The engine removes it when it has ended, whether we live then or not.
    """
    written = service.definition
    definition = {
        **without(written),
        "command": list(command.words),
        "tty": command.tty,
        "stdin_open": command.takes_input,
    }
    options: dict[str, Any] = {
        "StdinOnce": True,
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
    }
    creator = Creator(place)
    await creator.have_image(service.name, definition, report)
    container = await creator.create_aside(Aside(service, RUN, definition, options, vanishes=True))
    address, call = place.engine.connection.door, place.engine.connection.call
    try:
        duplex = await join(address, container, tty=command.tty, until="removed")
        duplex.on_close(lambda: _end(place, container, written))
        await call(lambda client: client.start(container))
        if command.size is not None:
            await duplex.resize(*command.size)
    except BaseException:
        with suppress(DevenvError):
            await call(lambda client: client.remove_container(container, v=True, force=True))
        raise
    return duplex


async def _end(place: Place, container: str, written: Definition) -> None:
    """End what its user has left; mostly it has ended already, and is gone."""
    grace = round(seconds(written.get("stop_grace_period") or GRACE))
    with suppress(DevenvError):
        await place.engine.connection.call(lambda client: client.stop(container, timeout=grace))


def without(definition: Definition) -> dict[str, Any]:
    """A service's definition for a container that is not the service: not found by its names."""
    kept = {key: value for key, value in definition.items() if key not in OF_THE_SERVICE}
    networks = definition.get("networks") or {}
    return {**kept, "networks": {key: _joined(one or {}) for key, one in networks.items()}}


def _joined(written: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in written.items() if key not in OF_ONE}
