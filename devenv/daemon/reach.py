"""What can be had at all, asked before a runtime is chosen: engines, and images of theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from devenv.daemon.desired import written_name
from devenv.daemon.host import Host, Taken
from devenv.daemon.intent import Intent
from devenv.model.environment import EnvironmentId
from devenv.model.service import Service
from devenv.profile.sources import Loaded
from devenv.runtimes.protocol import Client


@dataclass(frozen=True, slots=True)
class Reach:
    """``away`` says of every runtime why it cannot be used now ("": it can).

    ``lacking`` says of services why their image cannot be had (none: it can, or nobody asked);
    ``named`` of names that containers are to have who has them in the engine.
    """

    away: Mapping[str, str] = field(default_factory=dict)
    lacking: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)


def with_named(taken: Taken, reach: Reach) -> Taken:
    """Add the names that the engine knows of to what other environments hold."""
    return replace(taken, names={**reach.named, **taken.names})


async def reach(host: Host, intent: Intent, loaded: Loaded, client: Client) -> Reach:
    """Ask for an engine only where something can be a container, for images where that decides."""
    if intent.preview is not None:
        return Reach({host.kubernetes.name: ""})
    services = loaded.environment.services.values()
    if not any(service.container for service in services):
        away = {host.processes.name: "", host.docker.name: "nothing here can be a container"}
        return Reach(away)
    identity = intent.checkout.id
    fault = await host.docker.places.reach(identity, client)
    away = {host.processes.name: "", host.docker.name: fault}
    if fault:
        return Reach(away)
    open_ones = [one for one in services if one.name not in intent.wishes.runtimes]
    names = {name for one in services if (name := written_name(one))}
    return Reach(
        away,
        await _lacking(host, identity, dict(_undecided(open_ones)), client),
        await host.docker.survey.holders(identity, names),
    )


def _undecided(services: list[Service]) -> Iterator[tuple[str, str]]:
    """The image of each service that could as well be a host process."""
    for service in services:
        if service.process and service.container and not service.runtime:
            definition = service.container.definition
            if "image" in definition and not definition.get("build"):
                yield service.name, str(definition["image"])


async def _lacking(
    host: Host, environment: EnvironmentId, images: Mapping[str, str], client: Client
) -> Mapping[str, str]:
    engine_images = host.docker.places.need(environment).engine.images
    names = sorted(set(images.values()))
    said = await asyncio.gather(*(engine_images.out_of_reach(name, client) for name in names))
    reasons = dict(zip(names, said, strict=True))
    return {service: reasons[image] for service, image in images.items() if reasons[image]}
