"""How long `down` takes: of twenty that end at TERM, and of one whose first process does not."""

from __future__ import annotations

from tests.benchmarks.containers import Workload, compare, running
from tests.benchmarks.contenders.composed import Composed, Document, sleepers
from tests.benchmarks.rounds import Measured, Run
from tests.benchmarks.table import Table

TITLE = "containers: `down`"
MANY = 20
ROUNDS = 5


def measure(run: Run) -> list[Table]:
    return [
        _table(run, f"{MANY} services that end at TERM", sleepers(MANY), 0.7),
        _table(run, "one whose program ignores TERM as process 1", sleepers(1, init=None), 0.05),
    ]


def _table(run: Run, title: str, document: Document, limit: float) -> Table:
    def once(tool: Composed) -> Measured:
        tool.call(tool.words.up)
        seconds = tool.timed(tool.words.down)
        return seconds, running(tool, 0)

    return compare(run, Workload(title, document, once, limit, ROUNDS))
