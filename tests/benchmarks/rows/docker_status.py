"""How long it takes to show containers that run, and to find that nothing is to be done."""

from __future__ import annotations

from tests.benchmarks.containers import Workload, bring_up, compare, running
from tests.benchmarks.contenders.composed import Composed, sleepers
from tests.benchmarks.rounds import Measured, Run
from tests.benchmarks.table import Table

TITLE = "containers: status, and `up` with nothing to do"
SIZES = (1, 20, 100)
ROUNDS = 20
LIMIT = 0.25


def measure(run: Run) -> list[Table]:
    return [table for size in SIZES for table in (_status(run, size), _nothing(run, size))]


def _status(run: Run, size: int) -> Table:
    def once(tool: Composed) -> Measured:
        return tool.timed(tool.words.status), ()

    title = f"status of {size} services"
    return compare(run, Workload(title, sleepers(size), once, LIMIT, ROUNDS, bring_up))


def _nothing(run: Run, size: int) -> Table:
    def once(tool: Composed) -> Measured:
        before = tool.containers()
        seconds = tool.timed(tool.words.up)
        changed = [] if tool.containers() == before else ["the containers changed"]
        return seconds, [*changed, *running(tool, size)]

    title = f"`up` of {size} services that run"
    return compare(run, Workload(title, sleepers(size), once, LIMIT, ROUNDS, bring_up))
