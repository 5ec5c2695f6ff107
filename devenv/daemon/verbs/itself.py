"""The verbs about the daemon itself, and about environments that are no more."""

from __future__ import annotations

import os
from dataclasses import asdict

from devenv.api.methods import PROTOCOL
from devenv.daemon.verbs.context import Answer, Context, Params, client
from devenv.errors import DevenvError
from devenv.runtimes.docker import strays as docker_strays
from devenv.runtimes.docker.connection import Connection
from devenv.runtimes.docker.strays import Stray


async def hello(context: Context, params: Params) -> Answer:
    return Answer({"protocol": PROTOCOL, **_itself(context)})


async def daemon_status(context: Context, params: Params) -> Answer:
    return Answer(_itself(context))


async def daemon_stop(context: Context, params: Params) -> Answer:
    """Leave once this is answered; services stay up."""
    context.leave.set()
    return Answer({})


async def forget(context: Context, params: Params) -> Answer:
    """Remove what environments that are down left on disk."""
    forgotten = []
    for name in params["environments"]:
        live, _ = context.registry.find({"environment": name})
        context.registry.forget(live)
        forgotten.append(live.id)
    return Answer({"forgotten": forgotten})


async def strays(context: Context, params: Params) -> Answer:
    """Networks that this state folder's environments have left; none where no engine answers."""
    try:
        connection = await context.registry.host.docker.places.connect(client(params))
        found = await _strays(context, connection)
    except DevenvError:
        found = []
    return Answer({"networks": [asdict(one) for one in found]})


async def sweep(context: Context, params: Params) -> Answer:
    """Remove those of ``strays`` that are named by their ids, as far as they still are strays."""
    connection = await context.registry.host.docker.places.connect(client(params))
    asked = [one for one in await _strays(context, connection) if one.id in params["networks"]]
    removed = await docker_strays.remove(connection, asked)
    return Answer({"removed": [one.name for one in removed]})


async def _strays(context: Context, connection: Connection) -> list[Stray]:
    registry = context.registry
    known = {live.id for live in registry} | registry.folders.named()
    return await docker_strays.find(connection, registry.host.docker.places.origin, known)


def _itself(context: Context) -> dict[str, object]:
    return {
        "build": context.registry.host.home.build,
        "pid": os.getpid(),
        "started_at": context.started_at,
    }
