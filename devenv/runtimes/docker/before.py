"""``pre_start``: containers that run to their end, in their order, before a service starts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from devenv.errors import DevenvError
from devenv.model.environment import Replica
from devenv.runtimes.docker import names
from devenv.runtimes.docker.asides import without
from devenv.runtimes.docker.creating import Aside, Creator
from devenv.runtimes.docker.place import Place
from devenv.runtimes.docker.stream import request
from devenv.runtimes.protocol import Report

LAST_LINES = 15


async def run_before(place: Place, replica: Replica, container: str, report: Report) -> None:
    """Run what has not succeeded yet as it is written now; ``container`` gives its volumes.

    Replicas share a run, unless it is one of each. Raises DevenvError for one that fails; its
    container is kept until the next try, or ``down``.
    """
    for number, written in enumerate(replica.service.definition.get("pre_start") or ()):
        step = Step(replica, number, written)
        if not place.records.is_done(step.key, step.fingerprint):
            await place.coming.do(step.key, partial(_run, place, step, container, report))


@dataclass(frozen=True, slots=True)
class Step:
    """One of the containers before a service's own."""

    replica: Replica
    number: int
    written: Mapping[str, Any]

    @property
    def purpose(self) -> str:
        index = f"-{self.replica.index}" if self.written.get("per_replica") else ""
        return f"pre_start-{self.number}{index}"

    @property
    def key(self) -> str:
        return f"{self.replica.service.name}:{self.purpose}"

    @property
    def definition(self) -> dict[str, Any]:
        """The service's own, but for what is written here."""
        service = without(self.replica.service.definition)
        own = {key: value for key, value in self.written.items() if value is not None}
        variables = {**(service.get("environment") or {}), **(own.get("environment") or {})}
        own.pop("per_replica", None)
        return {**service, **own, "pre_start": None, "environment": variables}

    @property
    def fingerprint(self) -> str:
        text = json.dumps(self.definition, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


async def _run(place: Place, step: Step, container: str, report: Report) -> None:
    creator, call = Creator(place), place.engine.connection.call
    service = step.replica.service
    report(f"runs {step.purpose} of {service.name}")
    await _remove_earlier(place, step)
    await creator.have_image(service.name, step.definition, report)
    aside = Aside(service, step.purpose, step.definition, volumes_from=(container,))
    made = await creator.create_aside(aside)
    if code := await _ended(place, made):
        said = await call(lambda client: client.logs(made, tail=LAST_LINES))
        text = said.decode("utf-8", "replace").strip()
        raise DevenvError(f"{step.purpose} of {service.name} ended with exit code {code}", text)
    await call(lambda client: client.remove_container(made, v=True))
    place.records.note_done(step.key, step.fingerprint)


async def _ended(place: Place, container: str) -> int:
    """Start a container, and wait for its exit code: on a socket, for it may take long."""
    connection = place.engine.connection
    path = f"/containers/{container}/wait?condition=next-exit"
    async with request(connection.door, "POST", path) as (reader, _):
        await connection.call(lambda client: client.start(container))
        return int(json.loads(await reader.read())["StatusCode"])


async def _remove_earlier(place: Place, step: Step) -> None:
    call = place.engine.connection.call
    labels = names.aside_labels(place.environment, step.replica.service.name, step.purpose)
    only = {"label": [f"{key}={labels[key]}" for key in names.OF_AN_ASIDE]}
    listed = await call(lambda client: client.containers(all=True, filters=only))
    for one in listed:
        await call(partial(_remove, one["Id"]))


def _remove(container: str, client: Any) -> None:
    client.remove_container(container, v=True, force=True)
