"""The logs of several units as one, by time; within one unit the order never changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import heapify, heappop, heapreplace

from devenv.logs.assemble import Block, Line, coalesce, split
from devenv.logs.read import EVERYTHING, WINDOW, Query, blocks
from devenv.logs.source import Source

_ALL_WINDOWS = 32 * WINDOW


def merged(sources: Sequence[Source], query: Query = EVERYTHING) -> Iterator[tuple[Source, Line]]:
    """Yield the lines of all sources by time; ``last`` counts for each of them."""
    for source, block in merged_blocks(sources, query):
        for line in split(block):
            yield source, line


def merged_blocks(
    sources: Sequence[Source], query: Query = EVERYTHING
) -> Iterator[tuple[Source, Block]]:
    """Yield whole lines by time, in pieces as large as they lie."""
    window = window_for(len(sources))
    return by_time([(source, blocks(source, query, window=window)) for source in sources])


def joined_blocks(
    sources: Sequence[Source], query: Query = EVERYTHING
) -> Iterator[tuple[Source, Block]]:
    """Yield what ``merged_blocks`` yields, neighbours joined: for those who show no times."""
    before: Source | None = None
    collected: list[Block] = []
    size = 0
    for source, block in merged_blocks(sources, query):
        if before is not None and (source is not before or size > WINDOW):
            yield from [(before, joined) for joined in coalesce(collected)]
            collected, size = [], 0
        before = source
        collected.append(block)
        size += len(block[2])
    if before is not None:
        yield from [(before, joined) for joined in coalesce(collected)]


def by_time(logs: Iterable[tuple[Source, Iterator[Block]]]) -> Iterator[tuple[Source, Block]]:
    """Merge logs, each in its own order: a clock that was set back reorders nothing in one."""
    heap: list[tuple[int, int, Source, Block, Iterator[Block]]] = []
    for order, (source, log) in enumerate(logs):
        for block in log:
            heap.append((block[0], order, source, block, log))
            break
    heapify(heap)
    while len(heap) > 1:
        time, order, source, block, log = heap[0]
        yield source, block
        following = next(log, None)
        if following is None:
            heappop(heap)
        else:
            heapreplace(heap, (max(time, following[0]), order, source, following, log))
    for _, _, source, block, log in heap:
        yield source, block
        for following in log:
            yield source, following


def window_for(count: int) -> int:
    """Return how much to read at once from each of ``count`` sources."""
    return max(_ALL_WINDOWS // max(count, 1), 64 * 1024) if count > 32 else WINDOW
