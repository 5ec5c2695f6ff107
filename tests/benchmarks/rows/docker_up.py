"""How long N equal containers take until all of them run; their image is there."""

from __future__ import annotations

from tests.benchmarks.containers import Workload, compare, running
from tests.benchmarks.contenders.composed import Composed, sleepers
from tests.benchmarks.rounds import Measured, Run
from tests.benchmarks.table import Table

TITLE = "containers: cold `up`"
SIZES = (1, 5, 10, 20)
ROUNDS = 10
LIMIT = 0.95


def measure(run: Run) -> list[Table]:
    return [_table(run, size) for size in SIZES]


def _table(run: Run, size: int) -> Table:
    def once(tool: Composed) -> Measured:
        seconds = tool.timed(tool.words.up)
        faults = running(tool, size)
        tool.call(tool.words.down)
        return seconds, faults

    return compare(run, Workload(f"{size} services", sleepers(size), once, LIMIT, ROUNDS))
