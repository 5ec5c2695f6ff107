"""The verbs that join a client to something that runs: each passes one end of a socket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from devenv.daemon.desired import preparation, resolved
from devenv.daemon.environment import LiveEnvironment
from devenv.daemon.telling import Telling
from devenv.daemon.verbs.changing import fresh_basis
from devenv.daemon.verbs.context import Answer, Context, Params, client, service_name
from devenv.errors import DevenvError, require_services
from devenv.model.environment import Environment, ReplicaId
from devenv.runtimes.protocol import Command, Report

Definition = Mapping[str, Any]


async def attach(context: Context, params: Params) -> Answer:
    """To the terminal, or the input and output, of a replica itself."""
    live, _ = context.registry.find(params["target"])
    replica, size = _replica(live, params), _size(params)
    host = context.registry.host
    for runtime in (host.docker, host.kubernetes):
        if _runs_in(live, replica) == runtime.name:
            far = await runtime.commands.attach(live.id, replica, size)
            return Answer({}, (context.bridges.open(far),))
    columns, rows = size
    connection = await host.processes.attach(live.id, replica, columns=columns, rows=rows)
    return Answer({}, (connection.detach(),))


async def execute(context: Context, params: Params) -> Answer:
    """To a command in a replica's container."""
    live, _ = context.registry.find(params["target"])
    host, replica = context.registry.host, _replica(live, params)
    runtime = host.kubernetes if live.board.newest.intent.preview else host.docker
    far = await runtime.commands.open_exec(live.id, replica, _command(params))
    return Answer({}, (context.bridges.open(far),))


async def build(context: Context, params: Params) -> Answer:
    """To the building of images, of all services or of those that are named."""
    live, checkout = context.registry.find(params["target"])
    host = context.registry.host
    basis = await fresh_basis(context, params, checkout, live.board.newest.intent)
    if away := basis.reach.away[host.docker.name]:
        raise DevenvError(f"nothing can be built: {away}")
    intent = replace(live.board.newest.intent, loaded=basis.loaded, client=client(params))
    wanted = preparation(intent, host.home)
    chosen = _chosen(basis.loaded.environment, wanted.builds, params)
    more = {key: True for key in ("no_cache", "pull") if params.get(key)}
    definitions = {
        name: {**found, "build": {**found["build"], **more}} for name, found in chosen.items()
    }
    asked = replace(wanted, builds={**wanted.builds, **definitions})

    async def work(report: Report) -> None:
        await host.docker.commands.build(live.id, sorted(definitions), asked, report)

    return Answer({}, (context.bridges.open(Telling(work)),))


def _chosen(
    environment: Environment, builds: Mapping[str, Definition], params: Params
) -> Mapping[str, Definition]:
    names = params.get("services") or ()
    require_services(names, environment.services)
    return {name: found for name, found in builds.items() if not names or name in names}


async def run_once(context: Context, params: Params) -> Answer:
    """To a command in a container of its own, made like a service's."""
    live, _ = context.registry.find(params["target"])
    host, name = context.registry.host, service_name(live, params)
    intent = live.board.newest.intent

    def report(line: str) -> None:
        live.journal.note(name, line)

    made = resolved(intent, host.home, intent.environment.services[name])
    place = host.docker.places.get(live.id)
    if place is None or not place.prepared:
        await host.docker.prepare(live.id, preparation(intent, host.home), report)
    far = await host.docker.commands.run_once(live.id, made, _command(params), report)
    return Answer({}, (context.bridges.open(far),))


def _replica(live: LiveEnvironment, params: Params) -> ReplicaId:
    return ReplicaId(service_name(live, params), int(params.get("index") or 0))


def _runs_in(live: LiveEnvironment, replica: ReplicaId) -> str:
    """The runtime that was chosen for it, if one was."""
    chosen = live.board.newest.intent.wishes.runtimes.get(replica.service)
    return chosen.runtime if chosen else ""


def _command(params: Params) -> Command:
    return Command(
        tuple(params["command"]), takes_input=True, tty=params["tty"], size=_size(params)
    )


def _size(params: Params) -> tuple[int, int]:
    return params["columns"], params["rows"]
