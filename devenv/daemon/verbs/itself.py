"""The verbs about the daemon itself, and about environments that are no more."""

from __future__ import annotations

import os

from devenv.api.methods import PROTOCOL
from devenv.daemon.verbs.context import Answer, Context, Params


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


def _itself(context: Context) -> dict[str, object]:
    return {
        "build": context.registry.host.home.build,
        "pid": os.getpid(),
        "started_at": context.started_at,
    }
