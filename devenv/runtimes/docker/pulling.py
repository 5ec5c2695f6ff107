"""Pulls an image, by the user's own log-in to its registry, and says how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from devenv.errors import DevenvError
from devenv.runtimes.docker.connection import Connection, RefusedError
from devenv.runtimes.protocol import Client, Report


class NotPulledError(DevenvError):
    """An image is not here, and its registry does not give it."""


async def pull(
    connection: Connection,
    name: str,
    definition: Mapping[str, Any],
    client: Client,
    report: Report,
) -> None:
    """Pull an image. Raises DevenvError with what the registry says."""
    from docker.utils import parse_repository_tag

    from devenv.runtimes.docker.logins import credentials

    report(f"pulls {name}")
    loop = asyncio.get_running_loop()
    progress = Progress("pulls", name)
    repository, tag = parse_repository_tag(name)
    login = await asyncio.to_thread(credentials, repository, client)

    def work(engine: Any) -> None:
        stream = engine.pull(
            repository,
            tag or "latest",
            stream=True,
            decode=True,
            platform=definition.get("platform") or None,
            auth_config=login,
        )
        for line in stream:
            if said := progress.take(line):
                loop.call_soon_threadsafe(report, said)

    try:
        await connection.call(work)
    except RefusedError as error:
        raise _not_pulled(name, error.message) from error
    if progress.error:
        raise _not_pulled(name, progress.error)
    report(f"pulled {name}")


_UNKNOWN = (
    "denied",
    "not found",
    "unknown",
    "unauthorized",
    "does not exist",
    "authentication",
    "credentials",
)
"""What a registry says that was reached."""


class Progress:
    """The layers on their way, and the bytes of those whose size is known by now."""

    def __init__(self, verb: str, name: str) -> None:
        self.error = ""
        self._what = f"{verb} {name}"
        self._complete: dict[str, bool] = {}
        self._bytes: dict[str, tuple[int, int]] = {}
        self._said = ""

    def take(self, line: Mapping[str, Any]) -> str:
        """Take one line of the engine's; return what is worth to be said anew, or ""."""
        self.error = self.error or str(line.get("error") or "")
        layer, status = str(line.get("id") or ""), str(line.get("status") or "")
        if not layer or status.startswith("Pulling from"):
            return ""
        done = status in _DONE or status.startswith("Mounted from")
        self._complete[layer] = done or self._complete.get(layer, False)
        detail = line.get("progressDetail") or {}
        if status in _MOVING and detail.get("total"):
            size = int(detail["total"])
            self._bytes[layer] = (min(int(detail["current"]), size), size)
        elif layer in self._bytes:
            self._bytes[layer] = (self._bytes[layer][1],) * 2
        return self._news()

    def _news(self) -> str:
        count = sum(self._complete.values())
        text = f"{self._what}: {count} of {len(self._complete)} layers"
        total = sum(size for _, size in self._bytes.values())
        if total:
            had = sum(current for current, _ in self._bytes.values())
            # In tenths: a line for each of the engine's would be many in a second.
            text += f", {had * 10 // total * 10} % of {total / 1e6:.0f} MB"
        changed, self._said = text != self._said, text
        return text if changed else ""


_DONE = {"Pull complete", "Already exists", "Pushed", "Layer already exists"}
_MOVING = {"Downloading", "Pushing"}


def _not_pulled(name: str, said: str) -> NotPulledError:
    unknown = any(word in said.lower() for word in _UNKNOWN)
    hint = "check its name, and `docker login`" if unknown else "see that its registry is reached"
    return NotPulledError(f"cannot pull {name}: {said}", hint)
