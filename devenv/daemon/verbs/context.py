"""What every verb is given, and what it answers with."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from devenv.daemon import documents
from devenv.daemon.board import Published
from devenv.daemon.bridges import Bridges
from devenv.daemon.desired import desired
from devenv.daemon.documents import Document
from devenv.daemon.environment import LiveEnvironment
from devenv.daemon.intent import Intent
from devenv.daemon.profiles import differences, request
from devenv.daemon.registry import Registry
from devenv.daemon.visits import Visits
from devenv.errors import DevenvError, require_services
from devenv.logs.watch import tail
from devenv.model.origin import Origin, Problem, ProfileError
from devenv.planning.view import snapshot
from devenv.profile.checkout import Checkout
from devenv.profile.sources import Loaded
from devenv.runtimes.protocol import Client

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Context:
    """The daemon, as its verbs see it."""

    registry: Registry
    started_at: float
    leave: asyncio.Event
    visits: Visits
    bridges: Bridges = field(default_factory=Bridges)


@dataclass(frozen=True, slots=True)
class Answer:
    """``descriptors`` go with the result; the server closes them once they are sent."""

    result: Document
    descriptors: tuple[int, ...] = ()


def client(params: Params) -> Client:
    found = params["client"]
    return Client(found["directory"], found["umask"], found["environment"])


TAIL = 20
"""Lines of its log that a failed service is shown with."""


def service_name(live: LiveEnvironment, params: Params) -> str:
    """The service that a request names; UsageError if the environment has none of that name."""
    name = str(params["service"])
    require_services((name,), live.board.newest.desired.services)
    return name


async def status(context: Context, live: LiveEnvironment, checkout: Checkout) -> Document:
    """The status document, and what is wrong with the profile or would change by ``up``."""
    published = live.board.newest
    folders = context.registry.folders

    def last_lines(service: str, index: int) -> list[str]:
        return tail(str(folders.log(live.id, service, index)), TAIL)

    loaded, problems = await _profile_now(context, published, checkout)
    changes: list[str] = []
    if published.intent.loaded is None and loaded is not None:
        published = _imagined(context, published, loaded)
    elif loaded is not None and loaded is not published.intent.loaded:
        changes = differences(published.intent, loaded, context.registry.host.home)
    document = documents.status(published, checkout, last_lines)
    told = [published.intent.notice, *replaced(context, live, checkout).values()]
    notice = "; ".join(filter(None, told))
    return {**document, "problems": problems, "changes": changes, "notice": notice}


def replaced(
    context: Context, live: LiveEnvironment, checkout: Checkout
) -> Mapping[tuple[str, str], str]:
    """Say of services which of their files were replaced since they were started."""
    place = context.registry.host.docker.places.get(live.id)
    return {
        (service, path): f"{path} was replaced on disk; {service} still sees the old one:"
        f" devenv restart {service}"
        for service, path in (place.replaced(checkout.root) if place else ())
    }


async def read_intent(context: Context, published: Published, checkout: Checkout) -> Intent:
    """The intent; where it was never brought up, with the profile as it is on disk now."""
    if published.intent.loaded is not None:
        return published.intent
    wanted = request(checkout, published.intent.profiles, published.intent.client.environment)
    return replace(published.intent, loaded=await context.registry.profiles.load(wanted))


async def _profile_now(
    context: Context, published: Published, checkout: Checkout
) -> tuple[Loaded | None, list[Document]]:
    intent = published.intent
    if intent.loaded is not None:
        checkout = replace(checkout, files=intent.checkout.files)
    wanted = request(checkout, intent.profiles, intent.client.environment)
    try:
        loaded = await context.registry.profiles.load(wanted)
    except ProfileError as error:
        return None, [problem.fields for problem in error.problems]
    except DevenvError as error:
        return None, [Problem(error.message, Origin(""), error.hint).fields]
    return loaded, [problem.fields for problem in loaded.problems]


def _imagined(context: Context, published: Published, loaded: Loaded) -> Published:
    """An environment that was never brought up, with the services that its profile has."""
    intent = replace(published.intent, loaded=loaded)
    wanted = desired(intent, context.registry.host.home)
    view = snapshot(wanted, published.observed, published.plan)
    return replace(published, intent=intent, desired=wanted, snapshot=view)
