"""The verb that asks registries what their images are now."""

from __future__ import annotations

import asyncio

from devenv.daemon.verbs.context import Answer, Context, Params, client
from devenv.errors import DevenvError


async def digests(context: Context, params: Params) -> Answer:
    """The digest of each image; DevenvError with all those that cannot be had."""
    live, checkout = context.registry.find(params["target"])
    places, asking = context.registry.host.docker.places, client(params)
    fault = await places.reach(checkout.id, asking)
    if fault:
        raise DevenvError(f"no registry can be asked: {fault}", "is the engine running?")
    images = places.need(live.id).engine.images
    names = sorted({str(name) for name in params["images"]})
    found = await asyncio.gather(
        *(images.digest(name, asking) for name in names), return_exceptions=True
    )
    refused = []
    for name, answer in zip(names, found, strict=True):
        if isinstance(answer, DevenvError):
            refused.append(f"{name} has no digest: {answer.message}")
        elif isinstance(answer, BaseException):
            raise answer
    if refused:
        hint = "check the names, the way to the registry, and `docker login`"
        raise DevenvError("\n".join(refused), hint)
    return Answer({"digests": dict(zip(names, found, strict=True))})
