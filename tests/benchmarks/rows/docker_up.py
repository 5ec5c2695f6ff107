"""How long N equal containers take until all of them run; their image is there."""

from __future__ import annotations

from collections.abc import Callable

from tests.benchmarks.containers import Workload, compare, running
from tests.benchmarks.contenders.composed import Composed, sleepers
from tests.benchmarks.rounds import Measured, Run
from tests.benchmarks.table import Table

TITLE = "containers: cold `up`"
SIZES = (1, 5, 10, 20)
ROUNDS = 10
LIMIT = 0.95
SHARED_SIZES = (5, 10, 20)
SHARED_LIMIT = 0.5
SHARED = {"x-devenv": {"network": "shared"}}
"""Compose leaves it unread, and gives each container a network of its own."""


def measure(run: Run) -> list[Table]:
    plain = [_table(run, size) for size in SIZES]
    return [*plain, *(_shared(run, size) for size in SHARED_SIZES)]


def _table(run: Run, size: int) -> Table:
    return compare(run, Workload(f"{size} services", sleepers(size), _once(size), LIMIT, ROUNDS))


def _shared(run: Run, size: int) -> Table:
    title = f"{size} services, `network: shared`"
    document = {**SHARED, **sleepers(size)}
    return compare(run, Workload(title, document, _once(size), SHARED_LIMIT, ROUNDS))


def _once(size: int) -> Callable[[Composed], Measured]:
    def once(tool: Composed) -> Measured:
        seconds = tool.timed(tool.words.up)
        faults = running(tool, size)
        tool.call(tool.words.down)
        return seconds, faults

    return once
