"""How long N trivial processes take until all of them run.

From the start of the command to the moment when each process has written its pid into a pipe.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace

from tests.benchmarks.contenders import Contender, Service
from tests.benchmarks.contenders.registry import COLD, FLOOR, OURS, make, opened, present
from tests.benchmarks.figures import Goal
from tests.benchmarks.pipes import Marks
from tests.benchmarks.processes import is_alive
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.table import Table

TITLE = "`up` of N trivial processes until all run"
SIZES = (1, 10, 50, 200)
ROUNDS = 10
WITHIN = 60.0
NAMES = (FLOOR, "goreman", "hivemind", "honcho", "pm2", "pitchfork", OURS, COLD)
LIMITS = {10: 5.0, 50: 2.0, 200: 1.4}
"""Over goreman."""


def measure(run: Run) -> list[Table]:
    return [_table(run, size) for size in SIZES]


def _table(run: Run, size: int) -> Table:
    run.say(f" {size} processes")
    names, missing = present(NAMES, run.cache)
    contenders = {name: make(name, run.cache) for name in names}
    marks: dict[str, Marks] = {}
    left: dict[str, list[str]] = {name: [] for name in names}
    with ExitStack() as stack:
        for name, contender in contenders.items():
            marks[name] = Marks(contender.desk.folder / "marks")
            line = f"echo $$ >{marks[name].path}; exec sleep 100000"
            contender.write({f"s{number}": Service(line) for number in range(size)})
            stack.enter_context(opened(contender, left[name]))
            stack.callback(marks[name].close)

        def once(name: str) -> Measured:
            return _once(contenders[name], marks[name], size)

        outcomes = interleave(run, names, run.rounds_or(ROUNDS), once)
    found = tuple(replace(one, faults=(*one.faults, *left[one.contender])) for one in outcomes)
    return Table(f"{size} processes", "s", found, "goreman", _goals(size), missing)


def _once(contender: Contender, marks: Marks, size: int) -> Measured:
    try:
        begun = time.perf_counter()
        contender.up()
        pids = {int(line) for line in marks.take(size, within=WITHIN)}
        seconds = time.perf_counter() - begun
        contender.settle()
        faults = [] if len(pids) == size else [f"{len(pids)} processes of {size}"]
        lost = [pid for pid in pids if not is_alive(pid)]
        faults += [f"{len(lost)} ended by themselves"] if lost else []
        contender.down()
    finally:
        left = contender.desk.clear()
        marks.clear()
    return seconds, [*faults, *left]


def _goals(size: int) -> tuple[Goal, ...]:
    ahead = tuple(Goal(OURS, 1.0, peer) for peer in ("honcho", "pm2", "pitchfork"))
    return (*ahead, *([Goal(OURS, LIMITS[size], "goreman")] if size in LIMITS else []))
