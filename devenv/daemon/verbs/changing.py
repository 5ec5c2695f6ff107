"""The verbs that change what is wanted, each by a pure change that the loop takes in."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

from devenv.daemon import claims, documents
from devenv.daemon.desired import builds
from devenv.daemon.intent import Change, Intent, Leaving, leaving
from devenv.daemon.profiles import request, with_runtimes
from devenv.daemon.reach import Reach, reach, with_named
from devenv.daemon.verbs.context import Answer, Context, Params, client, status
from devenv.errors import DevenvError, DivergedError
from devenv.failpoints import failpoint
from devenv.model.environment import Environment
from devenv.model.snapshot import Snapshot
from devenv.model.state import State
from devenv.planning import wishes
from devenv.planning.requests import requests
from devenv.planning.wishes import Wishes
from devenv.profile.checkout import Checkout
from devenv.profile.sources import Loaded
from devenv.runtimes.docker.runtime import DockerRuntime
from devenv.runtimes.protocol import Capability

Wish = Callable[[Wishes, Environment, Snapshot], Wishes]


@dataclass(frozen=True, slots=True)
class Basis:
    """What a verb that starts something stands on: the checkout, a profile of it, what there is."""

    checkout: Checkout
    profiles: tuple[str, ...]
    loaded: Loaded
    reach: Reach


async def fresh_basis(
    context: Context, params: Params, checkout: Checkout, intent: Intent
) -> Basis:
    """The profile as it is on disk now. Raises ProfileError."""
    profiles = tuple(params["target"].get("profiles") or ())
    wanted = request(checkout, profiles, client(params).environment)
    loaded = await context.registry.profiles.load(wanted)
    found = await reach(context.registry.host, intent, loaded, client(params))
    return Basis(checkout, profiles, loaded, found)


async def up(context: Context, params: Params) -> Answer:
    """Apply the profile as it is now, and want services of it."""
    live, checkout = context.registry.find(params["target"])
    basis = await fresh_basis(context, params, checkout, live.board.newest.intent)
    failpoint("up.loaded")
    outdated: frozenset[str] = frozenset()
    if params.get("new_images") and not basis.reach.away[context.registry.host.docker.name]:
        names = builds(basis.loaded.environment)
        outdated = await context.registry.host.docker.commands.outdated(live.id, names)
    survey = context.registry.host.docker.survey
    diverged = await survey.diverged(live.id, basis.loaded.environment.resources)
    if not diverged <= _agreed(params):
        raise DivergedError(tuple(sorted(diverged)))
    notice = "; ".join(await survey.remarks(live.id, basis.loaded.environment.resources))
    change = applied(context, params, basis, wish_up(params, outdated))
    taken = await live.change(lambda held, seen: replace(change(held, seen), notice=notice))
    failpoint("up.taken")
    asked = requests(taken.desired, taken.intent.environment, os.path.realpath)
    document = await status(context, live, checkout)
    return Answer({**document, "requests": documents.requests(asked)})


async def start(context: Context, params: Params) -> Answer:
    """Want services of the profile as of the last ``up``."""
    return await _changed(context, params, wish_up(params))


async def restart(context: Context, params: Params) -> Answer:
    services = tuple(params.get("services") or ())
    return await _changed(
        context, params, lambda held, environment, _: wishes.restart(held, environment, services)
    )


async def run(context: Context, params: Params) -> Answer:
    task = str(params["task"])
    return await _changed(
        context, params, lambda held, environment, _: wishes.run(held, environment, task)
    )


async def need(context: Context, params: Params) -> Answer:
    service = str(params["service"])
    return await _changed(
        context, params, lambda held, environment, _: wishes.needs(held, environment, service)
    )


async def scale(context: Context, params: Params) -> Answer:
    replicas = {str(name): int(count) for name, count in params["replicas"].items()}
    return await _changed(
        context, params, lambda held, environment, _: wishes.scale(held, environment, replicas)
    )


async def stop(context: Context, params: Params) -> Answer:
    """Want services no longer; the environment stays."""
    services = tuple(params.get("services") or ())
    live, checkout = context.registry.find(params["target"])

    def change(intent: Intent, snapshot: Snapshot) -> Intent:
        held = wishes.stop(intent.wishes, intent.environment, services)
        return replace(intent, wishes=held)

    await live.change(change)
    return Answer(await status(context, live, checkout))


async def pause(context: Context, params: Params) -> Answer:
    """Let services stand still where they are."""
    services = tuple(params.get("services") or ())
    live, checkout = context.registry.find(params["target"])
    runtimes = context.registry.host.runtimes

    def change(intent: Intent, snapshot: Snapshot) -> Intent:
        held = wishes.pause(intent.wishes, intent.environment, services)
        for name in sorted(held.paused):
            chosen = intent.wishes.runtimes[name].runtime
            if Capability.PAUSE not in runtimes[chosen].capabilities:
                raise DevenvError(f"{name} runs as {chosen}, which cannot be paused")
        return replace(intent, wishes=held)

    await live.change(change)
    return Answer(await status(context, live, checkout))


async def resume(context: Context, params: Params) -> Answer:
    """Let services that stand still go on."""
    services = tuple(params.get("services") or ())
    live, checkout = context.registry.find(params["target"])

    def change(intent: Intent, snapshot: Snapshot) -> Intent:
        held = wishes.resume(intent.wishes, intent.environment, services)
        return replace(intent, wishes=held)

    await live.change(change)
    return Answer(await status(context, live, checkout))


async def down(context: Context, params: Params) -> Answer:
    """Want nothing of the environment, and have its runtimes forget it."""
    live, checkout = context.registry.find(params["target"])
    how = Leaving.WITH_DATA if params.get("volumes") else Leaving.KEEP_DATA
    choices = live.intent.wishes.runtimes.values()
    if params.get("volumes") and any(one.runtime == DockerRuntime.name for one in choices):
        # It may be down already, and then no engine is known that has its volumes.
        await context.registry.host.docker.places.reach(live.id, live.intent.client)
    await live.change(lambda intent, _: leaving(intent, how))
    failpoint("down.taken")
    return Answer(await status(context, live, checkout))


async def _changed(context: Context, params: Params, wish: Wish) -> Answer:
    live, checkout = context.registry.find(params["target"])
    intent = live.board.newest.intent
    if intent.loaded is None:
        basis = await fresh_basis(context, params, checkout, intent)
    else:
        kept = replace(checkout, files=intent.checkout.files)
        found = await reach(context.registry.host, intent, intent.loaded, client(params))
        basis = Basis(kept, intent.profiles, intent.loaded, found)
    await live.change(applied(context, params, basis, wish))
    return Answer(await status(context, live, checkout))


def applied(context: Context, params: Params, basis: Basis, wish: Wish) -> Change:
    """Make the change of a verb that starts something, with the client's circumstances."""
    host = context.registry.host

    def change(intent: Intent, snapshot: Snapshot) -> Intent:
        base = replace(
            intent,
            checkout=basis.checkout,
            profiles=basis.profiles,
            loaded=basis.loaded,
            client=client(params),
            leaving=Leaving.NO,
            notice="",
            replacing=_agreed(params),
        )
        wished = replace(base, wishes=wish(base.wishes, base.environment, snapshot))
        chosen = with_runtimes(wished, basis.reach, params.get("runtime") or "")
        return claims.claimed(chosen, with_named(host.taken(intent.checkout.id), basis.reach))

    return change


def _agreed(params: Params) -> frozenset[str]:
    """The volumes that may be replaced with their data."""
    return frozenset(params.get("replace") or ())


def wish_up(params: Params, outdated: frozenset[str] = frozenset()) -> Wish:
    """Want the services that a request names, and start anew what has failed or is outdated."""
    services = tuple(params.get("services") or ())

    def wish(held: Wishes, environment: Environment, snapshot: Snapshot) -> Wishes:
        watching = params.get("watch")
        if watching is not None:
            held = replace(held, watching=watching)
        failed = frozenset(s.name for s in snapshot.services if s.state is State.FAILED)
        return wishes.up(held, environment, services, failed | outdated)

    return wish
