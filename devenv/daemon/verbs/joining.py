"""The verbs that join a client to something that runs: each passes one end of a socket."""

from __future__ import annotations

from devenv.daemon.desired import preparation, resolved
from devenv.daemon.environment import LiveEnvironment
from devenv.daemon.verbs.context import Answer, Context, Params, service_name
from devenv.model.environment import ReplicaId
from devenv.runtimes.protocol import Command


async def attach(context: Context, params: Params) -> Answer:
    """To the terminal, or the input and output, of a replica itself."""
    live, _ = context.registry.find(params["target"])
    replica, size = _replica(live, params), _size(params)
    host = context.registry.host
    if _is_contained(context, live, replica):
        far = await host.docker.commands.attach(live.id, replica, size)
        return Answer({}, (context.bridges.open(far),))
    columns, rows = size
    connection = await host.processes.attach(live.id, replica, columns=columns, rows=rows)
    return Answer({}, (connection.detach(),))


async def execute(context: Context, params: Params) -> Answer:
    """To a command in a replica's container."""
    live, _ = context.registry.find(params["target"])
    commands = context.registry.host.docker.commands
    far = await commands.open_exec(live.id, _replica(live, params), _command(params))
    return Answer({}, (context.bridges.open(far),))


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


def _is_contained(context: Context, live: LiveEnvironment, replica: ReplicaId) -> bool:
    chosen = live.board.newest.intent.wishes.runtimes.get(replica.service)
    return chosen is not None and chosen.runtime == context.registry.host.docker.name


def _command(params: Params) -> Command:
    return Command(
        tuple(params["command"]), takes_input=True, tty=params["tty"], size=_size(params)
    )


def _size(params: Params) -> tuple[int, int]:
    return params["columns"], params["rows"]
