"""``preview sweep``: what has expired, or has lost its branch or pull request, is taken down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from devenv.daemon import githosts
from devenv.daemon.branches import has_lost
from devenv.daemon.previews import Document
from devenv.daemon.repositories import Repository
from devenv.daemon.verbs.clusters import named
from devenv.daemon.verbs.context import Answer, Context, Params, client
from devenv.daemon.verbs.previews import documents_of, down, server_of
from devenv.errors import DevenvError
from devenv.profile.checkout import find_checkout

if TYPE_CHECKING:  # loaded when the first cluster is asked
    from devenv.runtimes.kubernetes.cache import Object
    from devenv.runtimes.kubernetes.server import Server


@dataclass(frozen=True, slots=True)
class Found:
    """Why previews are to go, by their namespaces; and what is not known.

    ``fault``: why no branch was taken for gone; ``untold``: what a host does not say, and whose
    branch was not looked at to the end.
    """

    reasons: Mapping[str, str]
    fault: str = ""
    untold: Sequence[str] = ()


async def sweep(context: Context, params: Params) -> Answer:
    """Take down what has expired, and this repository's previews that have lost what they show."""
    from devenv.runtimes.kubernetes.homes import namespace_of

    target = params["target"]
    checkout = find_checkout(str(target["directory"]), tuple(target.get("files") or ()))
    server = server_of(context, named(str(params.get("cluster") or "")))
    await server.reach()
    seen = {namespace_of(home): home for home in server.homes}
    found = await _look(server, Repository(checkout.root, client(params)), params)
    reasons = [(one, _overdue(one, found.reasons)) for one in documents_of(context, server)]
    overdue = [{**one, "reason": reason} for one, reason in reasons if reason]
    end = partial(_sweep_away, context, params, server)
    whys = await asyncio.gather(*(end(one, seen.get(one["namespace"])) for one in overdue))
    ended = list(zip(overdue, whys, strict=True))
    stayed = [{**one, "fault": why} for one, why in ended if why]
    swept = [one for one, why in ended if why == ""]
    told = {"fault": found.fault, "untold": list(found.untold)}
    return Answer({"swept": swept, "stayed": stayed, **told})


async def _sweep_away(
    context: Context, params: Params, server: Server, one: Document, seen: Object | None
) -> str | None:
    """Take down one of those that are to go; return why it stays, which keeps no other.

    None: somebody has asked for it, or used it, since it was ``seen``.
    """
    from devenv.runtimes.kubernetes.namespaces import is_unused_since

    try:
        if seen is None or not await is_unused_since(server, seen):
            return None
        await down(context, {**params, "name": one["name"], "cluster": one["cluster"]})
    except DevenvError as error:
        return error.message
    return ""


async def _look(server: Server, repository: Repository, params: Params) -> Found:
    """Look for a repository's previews whose branch or pull request is gone."""
    from devenv.runtimes.kubernetes import names
    from devenv.runtimes.kubernetes.cache import annotation, is_leaving

    try:
        source = await repository.source()
    except DevenvError as error:
        return Found({}, error.message)
    own = [
        home
        for home in server.homes
        if annotation(home, names.SOURCE) == source and not is_leaving(home)
    ]
    closed, untold = await _closed(own, source, params)
    try:
        lost, failed = await _lost(server, own, repository)
    except DevenvError as error:
        return Found(closed, error.message, untold)
    return Found({**closed, **lost}, "", [*untold, *failed])


async def _closed(
    own: Sequence[Object], source: str, params: Params
) -> tuple[Mapping[str, str], Sequence[str]]:
    """Why those go whose pull request is closed, and what nobody tells."""
    from devenv.runtimes.kubernetes.homes import namespace_of, request_of

    made_for = {namespace_of(home): request_of(home) for home in own if request_of(home)}
    closed, untold = frozenset(params.get("requests") or ()), list[str]()
    open_yet = {number for number in made_for.values() if number not in closed}
    if params.get("ask_host") and open_yet:
        try:
            host = githosts.host_of(source, client(params).environment)
        except DevenvError as error:
            untold = [f"No pull request was asked for: {error.message} ({error.hint})"]
        else:
            more, untold = await githosts.ask(host, open_yet)
            closed |= more
    reasons = {
        namespace: f"its pull request {number} is closed"
        for namespace, number in made_for.items()
        if number in closed
    }
    return reasons, untold


async def _lost(
    server: Server, own: Sequence[Object], repository: Repository
) -> tuple[Mapping[str, str], Sequence[str]]:
    """Why those go whose branch was at its origin and is gone, and which could not be looked at.

    DevenvError: nobody knows.
    """
    from devenv.runtimes.kubernetes.homes import namespace_of

    heads, gone, failed = await repository.branches(), dict[str, str](), list[str]()
    for home in own:
        namespace = namespace_of(home)
        try:
            if await has_lost(server, home, repository, heads):
                gone[namespace] = "its branch is gone"
        except DevenvError as error:
            failed.append(
                f"The branch of {namespace} was not looked at to the end: {error.message}"
            )
    return gone, failed


def _overdue(one: Document, reasons: Mapping[str, str]) -> str:
    """Why a preview is to go; "" if it is not."""
    if one["state"] == "deleting":
        return ""
    if one["expires_at"] is not None and one["expires_at"] < time.time():
        return "its time is over"
    return reasons.get(one["namespace"], "")
