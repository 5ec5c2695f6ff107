"""Previews whose branch is gone from its origin: told apart, and taken down while a daemon runs."""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from devenv.api import places
from devenv.daemon import clusters
from devenv.daemon.environment import LiveEnvironment, take_down
from devenv.daemon.intent import Intent
from devenv.daemon.repositories import Repository
from devenv.errors import DevenvError
from devenv.runtimes.kubernetes.runtime import KubernetesRuntime

if TYPE_CHECKING:  # loaded when the first cluster is asked
    from devenv.runtimes.kubernetes.cache import Object
    from devenv.runtimes.kubernetes.place import Place
    from devenv.runtimes.kubernetes.server import Server

EVERY = 900.0
"""Seconds between two looks, on average: each is a request to the origin of a repository."""
JITTER = 0.25
UNASKED = {"GIT_ASKPASS": "true", "SSH_ASKPASS_REQUIRE": "never", "GCM_INTERACTIVE": "never"}
"""Nobody waits for this, so nobody is asked for a password."""


async def take_down_gone(
    environments: Iterable[LiveEnvironment], kubernetes: KubernetesRuntime
) -> None:
    """Go on until cancelled. Those of a whole team do not ask at the same moment."""
    while True:
        await asyncio.sleep(EVERY * random.uniform(1 - JITTER, 1 + JITTER))
        await look(environments, kubernetes)


async def look(environments: Iterable[LiveEnvironment], kubernetes: KubernetesRuntime) -> None:
    """Ask each origin. One that fails, or has no branch at all, takes nothing along."""
    found: dict[str, list[LiveEnvironment]] = {}
    try:
        swept = [one.name for one in clusters.read(_file()).values() if one.sweeps]
    except DevenvError:
        return
    for live in environments:
        intent = live.board.newest.intent
        if intent.is_up and intent.preview and intent.preview.cluster.name in swept:
            found.setdefault(intent.preview.repository, []).append(live)
    for source, held in found.items():
        await _ask(source, held, kubernetes)


async def has_lost(
    server: Server, home: Object, repository: Repository, heads: frozenset[str]
) -> bool:
    """Tell whether a preview's branch was at its origin, whose ``heads`` are these, and is gone.

    Of one that is there it is noted on the preview, for all who look later.
    """
    from devenv.runtimes.kubernetes import names, namespaces
    from devenv.runtimes.kubernetes.cache import annotation

    branch, was_there = annotation(home, names.BRANCH), bool(annotation(home, names.AT_ORIGIN))
    if branch not in heads:
        return was_there or await repository.was_at_origin(branch)
    if not was_there:
        await namespaces.annotate(server, home, was_at_origin=True)
    return False


async def _ask(source: str, held: list[LiveEnvironment], kubernetes: KubernetesRuntime) -> None:
    """What is used while the origin is asked is not taken down; one that fails keeps no other."""
    from devenv.runtimes.kubernetes import namespaces

    seen: list[tuple[LiveEnvironment, Place, Object]] = []
    for live in held:
        place = kubernetes.servers.get(live.id)
        home = place and place.server.homes.living(place.preview)
        if place and home:
            seen.append((live, place, home))
    found = await _first_told(source, [live.board.newest.intent for live, _, _ in seen])
    if found is None:
        return
    for live, place, home in seen:
        try:
            is_lost = await has_lost(place.server, home, *found)
            if is_lost and await namespaces.is_unused_since(place.server, home):
                await take_down(live, f"the branch {place.preview.branch} is gone")
        except DevenvError as error:
            logging.info("%s is left as it is: %s", live.id, error.message)


async def _first_told(
    source: str, intents: Iterable[Intent]
) -> tuple[Repository, frozenset[str]] | None:
    """The first checkout whose origin is this one and tells which branches it has."""
    for intent in intents:
        repository = _repository(intent)
        try:
            if await repository.source() == source:
                return repository, await repository.branches()
        except DevenvError as error:
            logging.info("no branch of %s was taken for gone: %s", source, error.message)
    return None


def _repository(intent: Intent) -> Repository:
    """That of who has brought a preview up; the tree of another branch is none."""
    client = replace(intent.client, environment={**intent.client.environment, **UNASKED})
    return Repository(client.directory, client)


def _file() -> Path:
    return Path(places.clusters_file(os.environ))
