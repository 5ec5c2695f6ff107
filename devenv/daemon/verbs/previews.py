"""The verbs of the previews that there are, whoever has brought them up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from devenv.daemon import clusters, previews
from devenv.daemon.board import Published
from devenv.daemon.environment import LiveEnvironment, take_down
from devenv.daemon.previews import Document
from devenv.daemon.repositories import Repository
from devenv.daemon.verbs.clusters import clusters_file, named
from devenv.daemon.verbs.context import Answer, Context, Params, client
from devenv.daemon.verbs.previewing import lifetime_of
from devenv.errors import DevenvError
from devenv.model.preview import Cluster
from devenv.model.service import Service
from devenv.profile.checkout import find_checkout
from devenv.profile.schemes import scheme
from devenv.runtimes.kubernetes.names import preview_name

if TYPE_CHECKING:  # loaded when the first cluster is asked
    from devenv.runtimes.kubernetes.cache import Object
    from devenv.runtimes.kubernetes.place import Place
    from devenv.runtimes.kubernetes.server import Server


async def find(context: Context, params: Params) -> Answer:
    """Which environment a preview of ours is."""
    return Answer({"environment": (await _ours(context, params)).id})


async def list_all(context: Context, params: Params) -> Answer:
    """The previews of all clusters, and which of these do not answer."""
    found: list[Document] = []
    faults: list[Document] = []
    servers = [server_of(context, one) for one in clusters.read(clusters_file()).values()]
    await asyncio.gather(*(one.open() for one in servers))
    for server in servers:
        if fault := server.away or server.stale:
            faults.append({"cluster": server.connection.cluster.name, "message": fault})
        found += documents_of(context, server)
    return Answer({"previews": found, "faults": faults})


def known(context: Context) -> list[Document]:
    """Those of clusters that this daemon looks at already: nothing is asked or waited for."""
    try:
        named_ones = clusters.read(clusters_file()).values()
    except DevenvError:  # every verb that is about clusters tells it
        return []
    servers = map(context.registry.host.kubernetes.servers.known, named_ones)
    return [one for server in servers if server for one in documents_of(context, server)]


async def down(context: Context, params: Params) -> Answer:
    """Take a preview down, whoever has brought it up."""
    name, server = await found_by(context, params)
    live = held_here(context, name, server.connection.cluster)
    elsewhere = live is None or _is_minded_elsewhere(context, live)
    if live is not None:
        await take_down(live)
    if elsewhere:
        with suppress(TimeoutError):  # what is left goes on to be told of by `left`
            async with asyncio.timeout(params.get("timeout")):
                await _end(server, name)
    return Answer({"name": name, "cluster": server.connection.cluster.name})


async def left(context: Context, params: Params) -> Answer:
    """What is left of a preview that is to go: as soon as that is nothing, or the time is over."""
    from devenv.runtimes.kubernetes.ending import is_over_with
    from devenv.runtimes.kubernetes.homes import home_in

    name, server = str(params["name"]), server_of(context, named(str(params["cluster"])))
    await server.open()

    def over() -> bool:
        homes = server.homes.named(name)
        return not homes if params.get("wait") else is_over_with(server, name, homes)

    is_over = await server.cache.until(over, float(params["timeout"]))
    server.need()
    shown = [] if is_over else [one for one in documents_of(context, server) if one["name"] == name]
    homes = [home_in(server.cache, one["namespace"]) for one in shown]
    shown = [await _explained(server, *each) for each in zip(shown, homes, strict=True)]
    shown.sort(key=lambda one: bool(one["state"] == "deleting"))
    live = held_here(context, name, server.connection.cluster)
    if shown and shown[0]["state"] != "deleting" and not (live and live.intent.leaving):
        shown[0] = {**shown[0], "reason": "it was brought up again meanwhile"}
    return Answer({"preview": shown[0] if shown else None})


async def _explained(server: Server, one: Document, home: Object) -> Document:
    """A preview that goes, with the objects that hold it; pods that take their time are none."""
    from devenv.runtimes.kubernetes import leftovers
    from devenv.runtimes.kubernetes.namespaces import waits_for_pods

    if not one["reason"]:
        return one
    if waits_for_pods(home, server.connection.clock.now()):
        return {**one, "reason": ""}
    return {**one, "reason": "; ".join([one["reason"], *await leftovers.held(server, home)])}


async def extend(context: Context, params: Params) -> Answer:
    """Let a preview live for so long from now on; never shorter, unless that is asked for."""
    from devenv.runtimes.kubernetes import namespaces
    from devenv.runtimes.kubernetes.cache import is_leaving

    name, server = await found_by(context, params)
    expires = _extended(context, params, name, server)
    for home in server.homes.named(name):
        if not is_leaving(home):
            await namespaces.annotate(server, home, expires=expires, used=time.time())
    for found in documents_of(context, server):
        if found["name"] == name and found["state"] != "deleting":
            return Answer({"preview": found})
    raise is_gone(name)


def _extended(context: Context, params: Params, name: str, server: Server) -> float:
    """Until when a preview lives from now on, in seconds since the epoch."""
    if params.get("lifetime") is not None:
        return time.time() + lifetime_of(params)
    cluster = server.connection.cluster
    live = held_here(context, name, cluster)
    held = live.board.newest.intent.preview if live is not None else None
    lifetime = lifetime_of(params) if held is None else held.lifetime
    places = (_place(server, home) for home in server.homes.named(name)[:1])
    return max((one.lives_until(lifetime) for one in places), default=0.0)


async def _ours(context: Context, params: Params) -> LiveEnvironment:
    from devenv.runtimes.kubernetes.homes import namespace_of

    name, server = await found_by(context, params)
    live = held_here(context, name, server.connection.cluster)
    if live is not None:
        return live
    homes = server.homes.named(name)
    if not homes:
        raise is_gone(name)
    raise DevenvError(
        f"{name} was brought up on another machine, and this needs a checkout of its branch",
        "devenv preview up there takes it up here too; without one: "
        f"kubectl logs|exec|attach --namespace {namespace_of(homes[0])} …",
    )


async def found_by(context: Context, params: Params) -> tuple[str, Server]:
    """The name of a preview and its cluster. DevenvError: there is none."""
    server = server_of(context, named(str(params.get("cluster") or "")))
    await server.reach()
    wanted = str(params.get("name") or "")
    known = {one["name"]: one for one in documents_of(context, server)}
    ours = {p.name for live in context.registry if (p := live.board.newest.intent.preview)}
    if wanted in {*known, *ours}:
        return wanted, server
    found = await _of_branch(params, wanted)
    if found in {*known, *ours}:
        return found, server
    others = sorted(name for name, one in known.items() if wanted and one["branch"] == wanted)
    if others:
        raise DevenvError(
            f"no preview of this repository is of {wanted}",
            f"one of another goes by its whole name: {', '.join(others)}",
        )
    said = wanted or found
    raise DevenvError(f"there is no preview {said}", "devenv preview list shows all of them")


async def _of_branch(params: Params, branch: str) -> str:
    """What a preview of this repository's branch is called; "" in no repository."""
    target = params.get("target")
    if not target:
        return ""
    try:
        checkout = find_checkout(str(target["directory"]), tuple(target.get("files") or ()))
        source = await Repository(checkout.root, client(params)).source()
    except DevenvError:
        if branch:
            return ""
        raise
    return preview_name(source, branch or str(params.get("branch") or checkout.branch))


def is_gone(name: str) -> DevenvError:
    """What is said of a preview that was taken down, and is not all gone perhaps."""
    return DevenvError(f"{name} was taken down", "devenv preview up brings it up anew")


def server_of(context: Context, cluster: Cluster) -> Server:
    return context.registry.host.kubernetes.servers.of(cluster)


def held_here(context: Context, name: str, cluster: Cluster) -> LiveEnvironment | None:
    """A preview that is ours: this daemon holds what is wanted of it."""
    for live in context.registry:
        intent = live.board.newest.intent
        held = intent.preview
        if held is not None and (held.name, held.cluster) == (name, cluster) and not _is_left(live):
            return live
    return None


def urls_of(published: Published) -> Mapping[str, str]:
    """The addresses of services: a public host, else one here."""
    wanted = published.desired.services
    local = {
        one.name: one.ports[0].url or _visited(wanted[one.name].service, one.ports[0].port)
        for one in published.snapshot.services
        if one.ports
    }
    hosts = {name: one.service.preview.host for name, one in wanted.items() if one.replicas}
    return local | {name: f"https://{host}/" for name, host in hosts.items() if host}


def _visited(service: Service, number: int) -> str:
    """Its address here, where only its workload tells of it."""
    spoken = scheme(service, service.ports[0])
    return f"{spoken}://127.0.0.1:{number}{'/' * (spoken == 'http')}"


def _is_left(live: LiveEnvironment) -> bool:
    newest = live.board.newest
    return newest.gone and not newest.intent.is_up


def _is_minded_elsewhere(context: Context, live: LiveEnvironment) -> bool:
    """Tell whether another daemon has taken a preview of ours over: this one touches none of it."""
    preview = live.board.newest.intent.preview
    servers = context.registry.host.kubernetes.servers
    return preview is not None and servers.know(live.id, preview).is_minded_elsewhere


def documents_of(context: Context, server: Server) -> list[Document]:
    cluster = server.connection.cluster
    shown = [*(live.board.newest for live in context.registry), *context.visits]
    urls = {
        preview.name: urls_of(published)
        for published in shown
        if (preview := published.intent.preview) and preview.cluster == cluster
    }
    return previews.documents(server, urls)


async def _end(server: Server, name: str) -> None:
    """Let go of what another machine has brought up."""
    from devenv.runtimes.kubernetes import ending

    for home in server.homes.named(name)[:1]:
        await ending.begin(_place(server, home))


def _place(server: Server, home: Object) -> Place:
    """Where a preview is, whoever has brought it up."""
    from devenv.runtimes.kubernetes.homes import preview_of
    from devenv.runtimes.kubernetes.place import Place

    return Place(preview_of(home, server.connection.cluster), server)
