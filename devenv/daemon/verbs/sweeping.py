"""``preview sweep``: what has expired, and what has lost its branch, is taken down."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from devenv.daemon.branches import has_lost
from devenv.daemon.previews import Document
from devenv.daemon.repositories import Repository
from devenv.daemon.verbs.clusters import named
from devenv.daemon.verbs.context import Answer, Context, Params, client
from devenv.daemon.verbs.previews import documents_of, down, server_of
from devenv.errors import DevenvError
from devenv.profile.checkout import find_checkout

if TYPE_CHECKING:  # loaded when the first cluster is asked
    from devenv.runtimes.kubernetes.server import Server


async def sweep(context: Context, params: Params) -> Answer:
    """Take down what has expired, and this repository's previews of branches that are gone."""
    target = params["target"]
    checkout = find_checkout(str(target["directory"]), tuple(target.get("files") or ()))
    server = server_of(context, named(str(params.get("cluster") or "")))
    await server.open()
    server.need()
    repository = Repository(checkout.root, client(params))
    fault, lost = "", frozenset[str]()
    try:
        lost = await _lost(server, repository)
    except DevenvError as error:
        fault = error.message
    reasons = [(one, _overdue(one, lost)) for one in documents_of(context, server)]
    overdue = [{**one, "reason": reason} for one, reason in reasons if reason]
    faults = await asyncio.gather(*(_sweep_away(context, params, one) for one in overdue))
    ended = list(zip(overdue, faults, strict=True))
    stayed = [{**one, "fault": why} for one, why in ended if why]
    return Answer(
        {"swept": [one for one, why in ended if not why], "stayed": stayed, "fault": fault}
    )


async def _sweep_away(context: Context, params: Params, one: Document) -> str:
    """Take down one of those that are to go; return why it stays, which keeps no other."""
    try:
        await down(context, {**params, "name": one["name"], "cluster": one["cluster"]})
    except DevenvError as error:
        return error.message
    return ""


async def _lost(server: Server, repository: Repository) -> frozenset[str]:
    """The namespaces of a repository's previews whose branch was at its origin and is gone.

    DevenvError: nobody knows.
    """
    from devenv.runtimes.kubernetes import names
    from devenv.runtimes.kubernetes.cache import annotation, is_leaving
    from devenv.runtimes.kubernetes.homes import namespace_of

    source, heads = await repository.source(), await repository.branches()
    own = [
        home
        for home in server.homes
        if annotation(home, names.SOURCE) == source and not is_leaving(home)
    ]
    lost = [await has_lost(server, home, repository, heads) for home in own]
    return frozenset(namespace_of(home) for home, gone in zip(own, lost, strict=True) if gone)


def _overdue(one: Document, lost: frozenset[str]) -> str:
    """Why a preview is to go; "" if it is not. ``lost``: namespaces whose branch is gone."""
    if one["state"] == "deleting":
        return ""
    if one["expires_at"] is not None and one["expires_at"] < time.time():
        return "its time is over"
    return "its branch is gone" if one["namespace"] in lost else ""
