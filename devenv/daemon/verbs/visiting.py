"""The verbs that look at a preview, whoever has brought it up, and reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devenv.daemon import documents
from devenv.daemon.board import Published
from devenv.daemon.verbs.context import Answer, Context, Params, status
from devenv.daemon.verbs.previews import found_by, held_here, is_gone, urls_of
from devenv.model.preview import Preview

if TYPE_CHECKING:  # loaded when the first cluster is asked
    from devenv.runtimes.kubernetes.server import Server


async def read_status(context: Context, params: Params) -> Answer:
    """The status document of a preview."""
    name, server = await found_by(context, params)
    live = held_here(context, name, server.connection.cluster)
    if live is not None:
        return Answer(await status(context, live, live.board.newest.intent.checkout))
    return Answer(_document(context.visits.see(_preview(server, name))))


async def reach(context: Context, params: Params) -> Answer:
    """The addresses of a preview's services on this machine, by name."""
    name, server = await found_by(context, params)
    live = held_here(context, name, server.connection.cluster)
    published = live.board.newest if live else context.visits.reach(_preview(server, name))
    return Answer({"name": name, "urls": urls_of(published)})


def _document(published: Published) -> documents.Document:
    return documents.status(published, published.intent.checkout, lambda service, index: [])


def _preview(server: Server, name: str) -> Preview:
    """What a cluster says of a preview that is not ours."""
    from devenv.runtimes.kubernetes.cache import is_leaving
    from devenv.runtimes.kubernetes.homes import preview_of

    for home in server.homes:
        found = preview_of(home, server.connection.cluster)
        if found.name == name and not is_leaving(home):
            return found
    raise is_gone(name)
