"""How long ten containers take to be out of the way and back again."""

from __future__ import annotations

from tests.benchmarks.containers import Workload, bring_up, compare, running
from tests.benchmarks.contenders.composed import OURS, Composed, sleepers
from tests.benchmarks.rounds import Measured, Run
from tests.benchmarks.table import Table

TITLE = "containers: pause and resume of 10"
SIZE = 10
ROUNDS = 10


def measure(run: Run) -> list[Table]:
    load = Workload("against stop + start", sleepers(SIZE), _stopped, 0.1, ROUNDS, bring_up)
    return [compare(run, load)]


def _paused(tool: Composed) -> Measured:
    seconds = tool.timed(tool.words.pause)
    faults = [] if len(tool.containers("paused")) == SIZE else ["they were not paused"]
    return seconds + tool.timed(tool.words.resume), [*faults, *running(tool, SIZE)]


def _stopped(tool: Composed) -> Measured:
    if tool.name == OURS:
        return _paused(tool)
    seconds = tool.timed(["stop"]) + tool.timed(["start"])
    return seconds, running(tool, SIZE)
