"""The verbs of branch previews. What they have in common with any environment is not in here."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from devenv.daemon import clusters, previews
from devenv.daemon.desired import resolved, resources_of
from devenv.daemon.environment import LiveEnvironment
from devenv.daemon.intent import Change, Intent, Leaving, leaving
from devenv.daemon.previews import Document
from devenv.daemon.profiles import request
from devenv.daemon.reach import Reach
from devenv.daemon.repositories import Repository
from devenv.daemon.verbs.changing import Basis, applied, wish_up
from devenv.daemon.verbs.clusters import clusters_file, named
from devenv.daemon.verbs.context import Answer, Context, Params, client, status
from devenv.errors import DevenvError
from devenv.failpoints import failpoint
from devenv.model.environment import EnvironmentId
from devenv.model.origin import ProfileError
from devenv.model.preview import Cluster, Preview
from devenv.model.snapshot import Snapshot
from devenv.planning.previewing import files_of
from devenv.profile.checkout import PREVIEW, Checkout, find_checkout
from devenv.profile.sources import read_file
from devenv.runtimes.kubernetes.names import preview_name
from devenv.runtimes.kubernetes.objects.namespace import guards, namespace
from devenv.runtimes.kubernetes.objects.service import objects, problems
from devenv.runtimes.kubernetes.objects.text import text

if TYPE_CHECKING:  # loaded when the first cluster is asked
    from devenv.runtimes.kubernetes.cache import Object
    from devenv.runtimes.kubernetes.server import Server

LIFETIME = 3 * 24 * 3600.0
"""Seconds that a preview lives unless it is asked for otherwise."""
NOWHERE = Cluster("nowhere", "", "", "", "")
"""For what is only shown."""


@dataclass(frozen=True, slots=True)
class Meant:
    """Which preview a request is about: the checkout that it is made from, and where it is."""

    checkout: Checkout
    preview: Preview

    @property
    def id(self) -> EnvironmentId:
        return self.checkout.id


async def up(context: Context, params: Params) -> Answer:
    """Apply a branch's profile in a cluster; what cannot be is said before anything is made."""
    meant = await _meant(context, params, named(str(params.get("cluster") or "")))
    place = context.registry.host.kubernetes.servers.know(meant.id, meant.preview)
    await place.server.open()
    place.server.need()
    meant = await _with_key(context, meant, place.server)
    basis, contents = await _basis(context, params, meant)
    live = context.registry.preview(meant.checkout, meant.preview)
    change = _taken(context, params, meant, basis, contents)
    _check(change(live.board.newest.intent, live.board.newest.snapshot), context)
    await live.change(change)
    failpoint("preview.taken")
    await _note_use(place.server, meant.preview)
    return Answer(await status(context, live, meant.checkout))


async def render(context: Context, params: Params) -> Answer:
    """All objects of a preview as text; nothing is asked and nothing is made."""
    meant = await _meant(context, params, NOWHERE)
    key = _own_key(context, meant)
    meant = replace(meant, preview=replace(meant.preview, key=key))
    basis, contents = await _basis(context, params, meant)
    change = _taken(context, params, meant, basis, contents)
    intent = change(Intent(meant.checkout, preview=meant.preview), Snapshot())
    _check(intent, context)
    name, home = meant.preview.name, context.registry.host.home
    made = [namespace(meant.preview, 1, time.time()), *guards(name, resources_of(intent))]
    for service in intent.environment.services.values():
        if service.name in intent.wishes.wanted:
            made += objects(name, resolved(intent, home, service))
    return Answer({"text": text(made, show_secrets=bool(params.get("show_secrets")))})


async def find(context: Context, params: Params) -> Answer:
    """Which environment a preview of ours is."""
    return Answer({"environment": (await _ours(context, params)).id})


async def list_all(context: Context, params: Params) -> Answer:
    """The previews of all clusters, and which of these do not answer."""
    found: list[Document] = []
    faults: list[Document] = []
    servers = [_server(context, one) for one in clusters.read(clusters_file()).values()]
    for away, server in zip(
        await asyncio.gather(*(one.open() for one in servers)), servers, strict=True
    ):
        if away:
            faults.append({"cluster": server.connection.cluster.name, "message": away})
        found += _documents(context, server)
    return Answer({"previews": found, "faults": faults})


async def down(context: Context, params: Params) -> Answer:
    """Take a preview down, whoever has brought it up."""
    name, server = await _there(context, params)
    live = _live(context, name, server.connection.cluster)
    if live is not None:
        await live.change(lambda intent, _: leaving(intent, Leaving.WITH_DATA))
    else:
        await _delete(server, name)
    return Answer({"name": name, "cluster": server.connection.cluster.name})


async def extend(context: Context, params: Params) -> Answer:
    """Let a preview live for so long from now on."""
    from devenv.runtimes.kubernetes import namespaces

    name, server = await _there(context, params)
    now, lifetime = time.time(), _lifetime(params)
    for made in _namespaces(server, name):
        await namespaces.annotate(server, made, expires=now + lifetime, used=now)
    for found in _documents(context, server):
        if found["name"] == name and found["state"] != "deleting":
            return Answer({"preview": found})
    raise DevenvError(f"{name} is on its way out", "devenv preview up brings it up anew")


async def sweep(context: Context, params: Params) -> Answer:
    """Take down what has expired, and this repository's previews of branches that are gone."""
    server = _server(context, named(str(params.get("cluster") or "")))
    await server.open()
    server.need()
    checkout = find_checkout(str(params["target"]["directory"]))
    repository = Repository(checkout.root, client(params))
    source = await repository.source()
    fault, heads = "", frozenset[str]()
    try:
        heads = await repository.branches()
    except DevenvError as error:
        fault = error.message
    swept = []
    for one in _documents(context, server):
        reason = _overdue(one, source, heads if not fault else None)
        if reason:
            asked = {**params, "name": one["name"], "cluster": one["cluster"]}
            await down(context, asked)
            swept.append({**one, "reason": reason})
    return Answer({"swept": swept, "fault": fault})


def _overdue(one: Document, source: str, heads: frozenset[str] | None) -> str:
    """Why a preview is to go; "" if it is not. ``heads`` is None where nobody knows them."""
    if one["state"] == "deleting":
        return ""
    if one["expires_at"] is not None and one["expires_at"] < time.time():
        return "its time is over"
    if heads is not None and one["repository"] == source and one["branch"] not in heads:
        return "its branch is gone"
    return ""


async def _meant(context: Context, params: Params, cluster: Cluster) -> Meant:
    target = params["target"]
    checkout = find_checkout(str(target["directory"]), tuple(target.get("files") or ()))
    repository = Repository(checkout.root, client(params))
    source, owner = await asyncio.gather(repository.source(), repository.owner())
    branch = str(params.get("branch") or checkout.branch)
    if not branch:
        raise DevenvError("no branch is checked out here", "--branch names one")
    name = preview_name(source, branch)
    identity = EnvironmentId(f"{name}.{cluster.name}")
    if branch != checkout.branch:
        checkout = await _tree(context, repository, branch, identity)
    made = replace(checkout, id=identity, name=name, branch=branch, kind=PREVIEW)
    lifetime = _lifetime(params)
    return Meant(made, Preview(cluster, name, source, branch, owner, lifetime))


async def _tree(
    context: Context, repository: Repository, branch: str, identity: EnvironmentId
) -> Checkout:
    """A clean tree of a branch that is not checked out here."""
    folder = context.registry.folders.environment(identity) / "tree"
    await repository.extract(branch, folder)
    return find_checkout(str(folder))


async def _with_key(context: Context, meant: Meant, server: Server) -> Meant:
    """Its secrets are made with the key that its namespace has; a new one gets ours."""
    from devenv.runtimes.kubernetes import namespaces
    from devenv.runtimes.kubernetes.resources import name_of

    living = server.living(meant.preview.name, meant.preview.repository)
    key = await namespaces.key_in(server, name_of(living)) if living else b""
    key = key or _own_key(context, meant)
    return replace(meant, preview=replace(meant.preview, key=key))


def _lifetime(params: Params) -> float:
    asked = params.get("lifetime")
    return LIFETIME if asked is None else float(asked)


def _own_key(context: Context, meant: Meant) -> bytes:
    own = context.registry.host.home.key
    return hmac.new(own, meant.preview.name.encode(), hashlib.sha256).digest()


async def _basis(context: Context, params: Params, meant: Meant) -> tuple[Basis, Mapping[str, str]]:
    """The profile as a preview has it, and the contents of the files that it names."""
    profiles = tuple(params["target"].get("profiles") or ())
    wanted = request(meant.checkout, profiles, client(params).environment)
    loaded = await context.registry.profiles.load(wanted)
    kubernetes = context.registry.host.kubernetes.name
    contents = {path: _content(path) for path in files_of(loaded.environment.resources)}
    return Basis(meant.checkout, profiles, loaded, Reach({kubernetes: ""})), contents


def _content(path: str) -> str:
    content = read_file(path)
    if content is None:
        raise DevenvError(f"there is no file {path}", "a config or a secret names it")
    return content.decode("utf-8", "surrogateescape")


def _taken(
    context: Context, params: Params, meant: Meant, basis: Basis, contents: Mapping[str, str]
) -> Change:
    change = applied(context, params, basis, wish_up(params))

    def take(intent: Intent, snapshot: Snapshot) -> Intent:
        here = replace(intent, preview=meant.preview, contents=contents)
        return change(here, snapshot)

    return take


def _check(intent: Intent, context: Context) -> None:
    """Raise ProfileError with all that a cluster cannot do of what is wanted."""
    assert intent.preview is not None
    found = [
        problem
        for name in sorted(intent.wishes.wanted)
        for problem in problems(intent.preview.name, intent.environment.services[name])
    ]
    if found:
        raise ProfileError(tuple(found))
    guards(intent.preview.name, resources_of(intent))


async def _note_use(server: Server, preview: Preview) -> None:
    """It was used, and lives on from now; one that is only coming says so from the beginning."""
    from devenv.runtimes.kubernetes import namespaces

    living = server.living(preview.name, preview.repository)
    if living is not None:
        now = time.time()
        await namespaces.annotate(server, living, expires=now + preview.lifetime, used=now)


async def _ours(context: Context, params: Params) -> LiveEnvironment:
    name, server = await _there(context, params)
    live = _live(context, name, server.connection.cluster)
    if live is None:
        raise DevenvError(
            f"{name} was brought up on another machine",
            "devenv preview up, in a checkout of its branch, takes it up here",
        )
    return live


async def _there(context: Context, params: Params) -> tuple[str, Server]:
    """The name of a preview and its cluster. DevenvError: there is none."""
    server = _server(context, named(str(params.get("cluster") or "")))
    await server.open()
    server.need()
    wanted = str(params.get("name") or "")
    if not wanted:
        wanted = (await _meant_name(params)) if params.get("target") else ""
    known = {one["name"]: one for one in _documents(context, server)}
    ours = {p.name for live in context.registry if (p := live.board.newest.intent.preview)}
    chosen = [
        name for name in {*known, *ours} if wanted in (name, known.get(name, {}).get("branch"))
    ]
    if len(chosen) == 1:
        return chosen[0], server
    if chosen:
        raise DevenvError(f"more than one preview is of {wanted}: {', '.join(sorted(chosen))}")
    raise DevenvError(f"there is no preview {wanted}", "devenv preview list shows all of them")


async def _meant_name(params: Params) -> str:
    target = params["target"]
    checkout = find_checkout(str(target["directory"]), tuple(target.get("files") or ()))
    branch = str(params.get("branch") or checkout.branch)
    return preview_name(await Repository(checkout.root, client(params)).source(), branch)


def _server(context: Context, cluster: Cluster) -> Server:
    return context.registry.host.kubernetes.servers.of(cluster)


def _live(context: Context, name: str, cluster: Cluster) -> LiveEnvironment | None:
    """A preview that is ours: this daemon holds what is wanted of it."""
    for live in context.registry:
        intent = live.board.newest.intent
        held = intent.preview
        if held is not None and (held.name, held.cluster) == (name, cluster) and not _is_left(live):
            return live
    return None


def _is_left(live: LiveEnvironment) -> bool:
    newest = live.board.newest
    return newest.gone and not newest.intent.is_up


def _documents(context: Context, server: Server) -> list[Document]:
    urls = {
        preview.name: _urls(live)
        for live in context.registry
        if (preview := live.board.newest.intent.preview)
        and preview.cluster == server.connection.cluster
    }
    boot = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return previews.documents(server, boot, urls)


def _urls(live: LiveEnvironment) -> Mapping[str, str]:
    """The local addresses of services: those that the profile says, else HTTP is meant."""
    services = live.board.newest.snapshot.services
    return {
        one.name: one.ports[0].url or f"http://127.0.0.1:{one.ports[0].port}/"
        for one in services
        if one.ports
    }


def _namespaces(server: Server, name: str) -> list[Object]:
    from devenv.runtimes.kubernetes import names
    from devenv.runtimes.kubernetes.cache import is_leaving, label
    from devenv.runtimes.kubernetes.resources import NAMESPACE

    return [
        one
        for one in server.cache.all(NAMESPACE)
        if label(one, names.PREVIEW) == name and not is_leaving(one)
    ]


async def _delete(server: Server, name: str) -> None:
    from devenv.runtimes.kubernetes import namespaces

    for made in _namespaces(server, name):
        await namespaces.delete(server, made)
