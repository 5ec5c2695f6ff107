"""From a branch to its preview: what is meant, what is wanted, and what its objects look like."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from devenv.daemon import clusters
from devenv.daemon.desired import Home, applied_resources, count, desired, pictured, placed
from devenv.daemon.digests import Digests, Found, find, kept, names_no_registry, warnings
from devenv.daemon.images import images_of
from devenv.daemon.intent import Change, Intent
from devenv.daemon.profiles import request
from devenv.daemon.reach import Reach
from devenv.daemon.repositories import Repository
from devenv.daemon.verbs.changing import Basis, applied, wish_up
from devenv.daemon.verbs.clusters import clusters_file, named
from devenv.daemon.verbs.context import Answer, Context, Params, client, status
from devenv.errors import DevenvError, UsageError
from devenv.failpoints import failpoint
from devenv.model.environment import Environment, EnvironmentId
from devenv.model.origin import Problem, ProfileError
from devenv.model.preview import Cluster, Preview
from devenv.model.service import Service
from devenv.model.snapshot import Snapshot
from devenv.model.state import State
from devenv.planning.previewing import files_of
from devenv.planning.wishes import ends
from devenv.profile.checkout import PREVIEW, Checkout, find_checkout
from devenv.profile.sources import read_file
from devenv.runtimes.kubernetes.names import preview_name
from devenv.runtimes.kubernetes.objects.manifests import manifest_objects, manifest_problems
from devenv.runtimes.kubernetes.objects.namespace import bounds, guards, namespace
from devenv.runtimes.kubernetes.objects.service import clashes, objects, problems
from devenv.runtimes.kubernetes.objects.text import text
from devenv.runtimes.kubernetes.objects.verdicts import Rendered, verdicts

if TYPE_CHECKING:  # loaded when the first cluster is asked
    from devenv.runtimes.kubernetes.place import Place
    from devenv.runtimes.kubernetes.server import Server

LIFETIME, LONGEST = 3 * 24 * 3600.0, 366 * 24 * 3600.0
"""Seconds that a preview lives unless it is asked for otherwise, and at most."""
_HAS_PODS_TO_COME = frozenset({State.STARTING, State.RUNNING, State.READY})
NOWHERE = Cluster("nowhere", "", "", "", "", registry="REGISTRY")
"""For what is only shown."""


@dataclass(frozen=True, slots=True)
class Meant:
    """Which preview a request is about: the checkout that it is made from, and where it is."""

    checkout: Checkout
    preview: Preview

    @property
    def id(self) -> EnvironmentId:
        return self.checkout.id


@dataclass(frozen=True, slots=True)
class Along:
    """What a preview has beside its profile: contents of files by path, images by service.

    ``lost``: the services whose images are loaded into nodes, and not on all of them; none that
    runs to its end, since that is done once.
    """

    contents: Mapping[str, str]
    images: Mapping[str, str]
    lost: frozenset[str] = frozenset()


async def up(context: Context, params: Params) -> Answer:
    """Apply a branch's profile in a cluster; what cannot be is said before anything is made."""
    meant = await meant_by(context, params, named(str(params.get("cluster") or "")))
    place = context.registry.host.kubernetes.servers.know(meant.id, meant.preview)
    await place.server.reach()
    meant, known = await remembered(context, meant, place.server)
    basis, along = await basis_of(context, params, meant)
    along = await with_lost(context, params, meant, basis, along)
    meant = lasting(params, meant, basis)
    context.visits.end(meant.id)
    live = context.registry.preview(meant.checkout, meant.preview)
    change = taken(context, params, meant, basis, along)
    intent = change(live.board.newest.intent, live.board.newest.snapshot)
    _check(intent, context.registry.host.home)
    found = await find_digests(context, params, intent, known)
    is_asked = params.get("lifetime") is not None
    place.taking_over = place.is_minded_elsewhere
    if place.taking_over:
        change = _adopting(place, change)
    place.asked = not await _take(place, meant.preview, is_asked=is_asked)
    await live.change(pinned(change, found, intent.digests), lambda: _taken_over(place))
    failpoint("preview.taken")
    for problem in warnings(named_by(intent), found):
        live.journal.note("", problem.message)
    return Answer(await status(context, live, meant.checkout))


async def render(context: Context, params: Params) -> Answer:
    """All objects of a preview as text; nothing is asked and nothing is made."""
    async with aside() as folder:
        meant = await meant_by(context, params, _imagined(params), folder)
        key = _own_key(context, meant)
        meant = replace(meant, preview=replace(meant.preview, key=key))
        basis, along = await basis_of(context, params, meant)
    change = taken(context, params, meant, basis, along)
    intent = change(Intent(meant.checkout, preview=meant.preview), Snapshot())
    home = context.registry.host.home
    _check(intent, home)
    resources = applied_resources(intent, home)
    made = [namespace(meant.preview, 1), *guards(meant.preview, resources)]
    made += manifest_objects(meant.preview, resources.manifests)
    for wanted in desired(intent, home).services.values():
        for replica in wanted.replicas:
            made += objects(meant.preview.name, replica.service)
    return Answer({"text": text(made, show_secrets=bool(params.get("show_secrets")))})


@asynccontextmanager
async def aside() -> AsyncIterator[Path]:
    """A folder for what is only looked at."""
    made = await asyncio.to_thread(tempfile.mkdtemp, prefix="devenv-")
    try:
        yield Path(made)
    finally:
        await asyncio.to_thread(shutil.rmtree, made, ignore_errors=True)


async def meant_by(
    context: Context, params: Params, cluster: Cluster, folder: Path | None = None
) -> Meant:
    """``folder``: where the tree of another branch is put; its environment's own where not said."""
    target = params["target"]
    checkout = find_checkout(str(target["directory"]), tuple(target.get("files") or ()))
    repository = Repository(checkout.root, client(params))
    branch = str(params.get("branch") or checkout.branch)
    if not branch:
        raise DevenvError("no branch is checked out here", "--branch names one")
    source, owner, was_at_origin = await asyncio.gather(
        repository.source(), repository.owner(), repository.was_at_origin(branch)
    )
    name = preview_name(source, branch)
    identity = EnvironmentId(f"{name}.{cluster.name}")
    if branch != checkout.branch:
        folder = folder or context.registry.folders.environment(identity)
        checkout = await _tree(repository, branch, folder / "tree", checkout)
    made = replace(checkout, id=identity, name=name, branch=branch, kind=PREVIEW)
    told = (cluster, name, source, branch, owner, lifetime_of(params))
    asked = int(params.get("pull_request") or 0)
    return Meant(made, Preview(*told, was_at_origin=was_at_origin, request=asked))


def _imagined(params: Params) -> Cluster:
    """A cluster that is not asked; what is built is named as in the one that would be meant."""
    known = clusters.read(clusters_file())
    wanted = str(params.get("cluster") or "")
    if not known:
        return NOWHERE
    meant = clusters.choose(known, wanted)
    known_of = ("registry", "domain", "pod_security", "loads")
    return replace(NOWHERE, **{name: getattr(meant, name) for name in known_of})


async def _tree(repository: Repository, branch: str, folder: Path, here: Checkout) -> Checkout:
    """A clean tree of a branch that is not checked out here; the same files of it are meant."""
    outside = [file for file in here.files if not Path(file).is_relative_to(here.root)]
    if outside:
        raise DevenvError(f"{outside[0]} is not below {here.root}, and so in no tree of {branch}")
    await repository.extract(branch, folder)
    files = tuple(str(Path(file).relative_to(here.root)) for file in here.files)
    top = await asyncio.to_thread(folder.resolve)
    found = find_checkout(str(top), files)
    if not Path(found.root).is_relative_to(top):
        raise DevenvError(f"{branch} has no profile", f"there is one in {here.root}")
    return found


async def remembered(context: Context, meant: Meant, server: Server) -> tuple[Meant, Digests]:
    """What a namespace keeps of its preview: the key of its secrets, and digests of images.

    A new one gets a key of ours.
    """
    from devenv.runtimes.kubernetes import namespaces
    from devenv.runtimes.kubernetes.homes import namespace_of
    from devenv.runtimes.kubernetes.inventory import Inventory

    living = server.homes.living(meant.preview)
    key, known = b"", dict[str, str]()
    if living is not None:
        namespace = namespace_of(living)
        inventory = Inventory(server, namespace, meant.preview.name)
        key, known = await asyncio.gather(namespaces.key_in(server, namespace), inventory.digests())
    key = key or _own_key(context, meant)
    return replace(meant, preview=replace(meant.preview, key=key)), known


async def find_digests(context: Context, params: Params, intent: Intent, known: Digests) -> Found:
    """What the images of a preview are pinned to from now on."""
    supply, asking = context.registry.host.docker.supply, client(params)
    anew = bool(params.get("pull"))
    return await find(
        named_by(intent), known, lambda image: supply.digest(image, asking), anew=anew
    )


def pinned(change: Change, found: Found, before: Digests) -> Change:
    """The same change, with what was found; another may have come in since ``before`` was so."""

    def take(intent: Intent, snapshot: Snapshot) -> Intent:
        made = change(intent, snapshot)
        digests = kept(named_by(made), found, before, intent.digests)
        return replace(made, digests=digests)

    return take


def named_by(intent: Intent) -> list[Service]:
    """The services that are wanted of an intent, and whose images registries may be asked for.

    Those whose images are built are not, nor may nodes have theirs by hand where they are loaded.
    """
    services = intent.environment.services
    names = sorted(intent.wishes.wanted - intent.images.keys())
    is_loaded = intent.preview is not None and bool(intent.preview.cluster.loads)
    found = [services[name] for name in names]
    return [one for one in found if not (is_loaded and names_no_registry(one))]


def lasting(params: Params, meant: Meant, basis: Basis) -> Meant:
    """A preview lives as long as it is asked for, else as its profile says, else as usual."""
    said = basis.loaded.environment.lifetime
    if params.get("lifetime") is not None or said is None:
        return meant
    return replace(meant, preview=replace(meant.preview, lifetime=said))


def lifetime_of(params: Params) -> float:
    """How long a preview is asked to live, in seconds."""
    asked = params.get("lifetime")
    if asked is not None and float(asked) > LONGEST:
        raise UsageError("no preview lives for more than a year", "what is to stay is no preview")
    return LIFETIME if asked is None else float(asked)


def _own_key(context: Context, meant: Meant) -> bytes:
    own = context.registry.host.home.key
    return hmac.new(own, meant.preview.name.encode(), hashlib.sha256).digest()


async def basis_of(context: Context, params: Params, meant: Meant) -> tuple[Basis, Along]:
    """The profile as a preview has it, and what it takes along."""
    profiles = tuple(params["target"].get("profiles") or ())
    wanted = request(meant.checkout, profiles, client(params).environment)
    loaded = await context.registry.profiles.load(wanted)
    _check_inside(loaded.environment)
    kubernetes = context.registry.host.kubernetes.name
    contents = {path: _content(path) for path in files_of(loaded.environment.resources)}
    along = Along(contents, await images_of(loaded.environment, meant.preview))
    return Basis(meant.checkout, profiles, loaded, Reach({kubernetes: ""})), along


async def with_lost(
    context: Context, params: Params, meant: Meant, basis: Basis, along: Along
) -> Along:
    """The same, with what nodes have no more of a preview that is there."""
    into, servers = meant.preview.cluster.loads, context.registry.host.kubernetes.servers
    living = servers.of(meant.preview.cluster).homes.living(meant.preview)
    if not into or living is None:
        return along
    environment, supply = basis.loaded.environment, context.registry.host.docker.supply
    needed = {one: image for one, image in along.images.items() if not ends(environment, one)}
    return replace(along, lost=await supply.lost(needed, into, client(params)))


def _check_inside(environment: Environment) -> None:
    """ProfileError: a manifest's name leads, by a link, to a file outside of the checkout."""
    root = Path(environment.root).resolve()
    outside = [
        Problem("it leads outside of the checkout", one.origin, "put the file itself there")
        for one in environment.resources.manifests
        if not (root / one.origin.file).resolve().is_relative_to(root)
    ]
    if outside:
        raise ProfileError(tuple(outside))


def _content(path: str) -> str:
    content = read_file(path)
    if content is None:
        raise DevenvError(f"there is no file {path}", "a config or a secret names it")
    return content.decode("utf-8", "surrogateescape")


def taken(context: Context, params: Params, meant: Meant, basis: Basis, along: Along) -> Change:
    def take(intent: Intent, snapshot: Snapshot) -> Intent:
        coming = {one.name for one in snapshot.services if one.state in _HAS_PODS_TO_COME}
        change = applied(context, params, basis, wish_up(params, along.lost & coming))
        here = replace(intent, preview=meant.preview, contents=along.contents, images=along.images)
        return change(here, snapshot)

    return take


def _check(intent: Intent, home: Home) -> None:
    """Raise ProfileError with all that a cluster cannot do of what is wanted."""
    found = [problem for problem in faults(intent, home) if not problem.warning]
    if found:
        raise ProfileError(tuple(found))


def faults(intent: Intent, home: Home) -> list[Problem]:
    """What a cluster cannot do of what is wanted; else what its guards would say, with warnings."""
    preview = intent.preview
    assert preview is not None
    services = [
        placed(replace(pictured(intent, one), replicas=count(intent, one)), preview)
        for name, one in sorted(intent.environment.services.items())
        if name in intent.wishes.wanted
    ]
    found = [problem for one in services for problem in problems(preview.name, one)]
    found += clashes(services)
    resources = applied_resources(intent, home)
    shared = guards(preview, resources)
    if found:
        return found
    made = [Rendered(one, objects(preview.name, one)) for one in services]
    others = [*shared, *(each for one in made for each in one.objects)]
    found = manifest_problems(resources.manifests, others, bounds(preview).enforced)
    if found:
        return found
    shared += manifest_objects(preview, resources.manifests)
    return verdicts(bounds(preview), made, shared)


def adopted(intent: Intent, place: Place) -> Intent:
    """The same; a restart that another daemon was asked for is none that is still to be made."""
    generations = {**intent.wishes.generations, **place.generations}
    return replace(intent, wishes=replace(intent.wishes, generations=generations))


def _adopting(place: Place, change: Change) -> Change:
    """The same change of what another daemon has left."""
    return lambda intent, snapshot: change(adopted(intent, place), snapshot)


def _taken_over(place: Place) -> None:
    """From now on it is this daemon that knows what is wanted."""
    place.taking_over = False


async def _take(place: Place, preview: Preview, *, is_asked: bool) -> bool:
    """Write down that it is held here, and lives on from now; tell whether it is there.

    One that was given longer keeps that, unless another time is asked for.
    """
    from devenv.runtimes.kubernetes import namespaces

    now = time.time()
    living = place.server.homes.living(preview)
    if living is not None:
        asked = now + preview.lifetime
        expires = asked if is_asked else place.lives_until(preview.lifetime)
        await namespaces.annotate(
            place.server,
            living,
            holder=place.origin,
            was_at_origin=preview.was_at_origin,
            request=preview.request,
            expires=expires,
            used=now,
        )
    return living is not None
