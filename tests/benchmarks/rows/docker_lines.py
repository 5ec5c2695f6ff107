"""How long a million lines of one container take to the store, none lost."""

from __future__ import annotations

import shutil

from tests.benchmarks.contenders.composed import ENGINE, LOGS, MAKERS, OURS, missing
from tests.benchmarks.figures import Goal
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.rows.lines import PROGRAM, Workload, once
from tests.benchmarks.table import Table

TITLE = "containers: lines to the store"
LINES = 1_000_000
LENGTH = 80
ROUNDS = 5
NAMES = (ENGINE, LOGS, OURS)
"""The first is no store of ours or theirs, but what both read from."""


def measure(run: Run) -> list[Table]:
    absent = {name: why for name, why in missing().items() if name in NAMES}
    names = [name for name in NAMES if name not in absent]
    outcomes = interleave(run, names, run.rounds_or(ROUNDS), _once) if names else ()
    goals = (Goal(OURS, 2.0, LOGS, at_least=True),)
    title = f"{LINES:,} lines × {LENGTH} bytes"
    return [Table(title, "lines/s", outcomes, LOGS, goals, absent)]


def _once(name: str) -> Measured:
    """The container sees the tool's folder only: the lines and the writer lie there."""
    tool = MAKERS[name]()
    load = Workload(1, LINES, LENGTH, tool.desk.folder)
    load.make()
    program = shutil.copy(PROGRAM, tool.desk.folder)
    return once(tool, load, f"exec python3 -I -S {program}")
