"""Previews of ours whose branch is gone from its origin: taken down, as ``sweep`` does it."""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from devenv.api import places
from devenv.daemon import clusters
from devenv.daemon.environment import LiveEnvironment
from devenv.daemon.intent import Intent, Leaving, leaving
from devenv.daemon.repositories import Repository
from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId

EVERY = 900.0
"""Seconds between two looks, on average: each is a request to the origin of a repository."""
JITTER = 0.25
UNASKED = {"GIT_ASKPASS": "true", "SSH_ASKPASS_REQUIRE": "never", "GCM_INTERACTIVE": "never"}
"""Nobody waits for this, so nobody is asked for a password."""


class Branches:
    """What this daemon has seen of the branches of its previews."""

    def __init__(self, environments: Iterable[LiveEnvironment]) -> None:
        self._environments = environments
        self._seen: set[EnvironmentId] = set()

    async def take_down_gone(self) -> None:
        """Go on until cancelled. Those of a whole team do not ask at the same moment."""
        while True:
            await asyncio.sleep(EVERY * random.uniform(1 - JITTER, 1 + JITTER))
            await self.look()

    async def look(self) -> None:
        """Ask each origin once. One that fails, or has no branch at all, takes nothing along."""
        found: dict[str, list[LiveEnvironment]] = {}
        try:
            swept = [one.name for one in clusters.read(_file()).values() if one.sweeps]
        except DevenvError:
            return
        for live in self._environments:
            intent = live.board.newest.intent
            if intent.is_up and intent.preview and intent.preview.cluster.name in swept:
                found.setdefault(intent.preview.repository, []).append(live)
        for source, held in found.items():
            try:
                await self._ask(source, held)
            except DevenvError as error:
                logging.info("no branch of %s was taken for gone: %s", source, error.message)

    async def _ask(self, source: str, held: list[LiveEnvironment]) -> None:
        """DevenvError: nobody knows which branches there are."""
        repository = _repository(held[0].board.newest.intent)
        if await repository.source() != source:
            return
        heads = await repository.branches()
        for live in held:
            branch = live.board.newest.intent.checkout.branch
            if branch in heads:
                self._seen.add(live.id)
            elif await repository.has_lost(branch, heads, seen=live.id in self._seen):
                live.journal.note("", f"the branch {branch} is gone: it is taken down")
                await live.change(lambda intent, _: leaving(intent, Leaving.WITH_DATA))


def _repository(intent: Intent) -> Repository:
    """That of who has brought a preview up; the tree of another branch is none."""
    client = replace(intent.client, environment={**intent.client.environment, **UNASKED})
    return Repository(client.directory, client)


def _file() -> Path:
    return Path(places.clusters_file(os.environ))
