"""A source that is watched for the length of a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from devenv.sync.ignore import Filter
from devenv.sync.tree import walk
from devenv.sync.watch.source import Source
from devenv.sync.watch.watcher import Watcher

ALL = Filter([])


@asynccontextmanager
async def watching(
    root: Path, rule: Filter = ALL, cookies: str = "", watcher: Watcher | None = None
) -> AsyncIterator[Source]:
    watcher = watcher or Watcher(cookies or f"{root}.cookies")
    source = Source(str(root), lambda _: rule, watcher)
    task = asyncio.create_task(source.run())
    try:
        await caught_up(source)
        yield source
    finally:
        task.cancel()
        await asyncio.wait([task])
        watcher.close()


async def caught_up(source: Source) -> None:
    async with asyncio.timeout(45):
        await source.caught_up()


def paths(source: Source) -> set[str]:
    assert source.tree is not None
    return {path for path, _ in walk(source.tree)}
