"""What comes from the daemon by itself: the newest document, and samples while somebody looks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from devenv.errors import DevenvError
from devenv.tui.desk import Asking

Document = Mapping[str, Any]

CHECK_AGAIN = 1.0
"""Seconds after which the profile is looked at again, where nothing else happens."""
SAMPLE_EVERY = 2.0
TRY_AGAIN = 0.5
"""Seconds between two tries to find a daemon that is away."""


class Feed:
    """Follows one environment; ``told`` gets each document that says something new."""

    def __init__(
        self,
        client: Asking,
        target: Mapping[str, Any],
        told: Callable[[Document], None],
        away: Callable[[str], None],
    ) -> None:
        self._client = client
        self._target = target
        self._told = told
        self._away = away

    async def watch(self, revision: int) -> None:
        """Go on until cancelled. The newest revision wins, a lower one of a new daemon too."""
        while True:
            params = {"target": self._target, "newer_than": revision, "timeout": CHECK_AGAIN}
            try:
                document = await self._client.call("watch", params)
            except DevenvError as error:
                self._away(error.message)
                await asyncio.sleep(TRY_AGAIN)
                continue
            revision = document["revision"]
            self._told(document)

    async def sample(self, took: Callable[[Document, float], None]) -> None:
        """Take samples until cancelled; while the daemon is away there are none."""
        while True:
            try:
                answer = await self._client.call("samples", {"target": self._target})
                took(answer["samples"], monotonic())
            except DevenvError:
                pass  # the watch tells that it is away
            await asyncio.sleep(SAMPLE_EVERY)
