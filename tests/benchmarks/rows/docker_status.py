"""How long it takes to show containers that run, and to find that nothing is to be done."""

from __future__ import annotations

from dataclasses import replace

from tests.benchmarks.containers import Workload, bring_up, compare, running
from tests.benchmarks.contenders.composed import ALONE, OURS, Composed, sleepers
from tests.benchmarks.figures import Goal
from tests.benchmarks.rounds import Measured, Run
from tests.benchmarks.table import Table

TITLE = "containers: status, and `up` with nothing to do"
SIZES = (1, 20, 100)
ROUNDS = 20
LIMIT, LIMIT_ALONE = 0.45, 0.8
"""Over Compose as a plugin, and as a program of its own."""


def measure(run: Run) -> list[Table]:
    return [table for size in SIZES for table in (_status(run, size), _nothing(run, size))]


def _compared(run: Run, load: Workload) -> Table:
    found = compare(run, load)
    return replace(found, goals=(*found.goals, Goal(OURS, LIMIT_ALONE, ALONE)))


def _status(run: Run, size: int) -> Table:
    def once(tool: Composed) -> Measured:
        return tool.timed(tool.words.status), ()

    title = f"status of {size} services"
    return _compared(run, Workload(title, sleepers(size), once, LIMIT, ROUNDS, bring_up))


def _nothing(run: Run, size: int) -> Table:
    def once(tool: Composed) -> Measured:
        before = tool.containers()
        seconds = tool.timed(tool.words.up)
        changed = [] if tool.containers() == before else ["the containers changed"]
        return seconds, [*changed, *running(tool, size)]

    title = f"`up` of {size} services that run"
    return _compared(run, Workload(title, sleepers(size), once, LIMIT, ROUNDS, bring_up))
