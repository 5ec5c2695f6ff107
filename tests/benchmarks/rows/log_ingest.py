"""How many lines a second a view takes in while it follows, and what memory they cost it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.benchmarks.desk import FailedError
from tests.benchmarks.figures import Goal, Outcome
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.table import Table

TITLE = "terminal UI: lines taken in while following"
ROUNDS = 5
LIMIT = 600.0
LINES = {"RichLog": 20_000, "Log": 1_000_000, "devenv": 1_000_000}
"""RichLog would take minutes and gigabytes for as many as the others; its rate falls with them."""
WORDS = (sys.executable, "-m", "tests.benchmarks.programs.log_views")


def measure(run: Run) -> list[Table]:
    megabytes: dict[str, list[float]] = {name: [] for name in LINES}

    def once(name: str) -> Measured:
        told = _told(name)
        megabytes[name].append(told["megabytes"])
        return told["lines_per_second"], told["faults"]

    rates = interleave(run, list(LINES), run.rounds_or(ROUNDS), once)
    memory = tuple(Outcome(name, tuple(megabytes[name][1:])) for name in LINES)
    goals = (
        Goal("devenv", 100, "RichLog", at_least=True),
        Goal("devenv", 2, "Log", at_least=True),
    )
    return [
        Table("1,000,000 lines (RichLog 20,000)", "lines/s", rates, "Log", goals),
        Table("memory above an empty view", "MB", memory, "", (Goal("devenv", 30.0),)),
    ]


def _told(name: str) -> Any:
    done = subprocess.run(
        [*WORDS, name, str(LINES[name])], capture_output=True, text=True, timeout=LIMIT, check=False
    )
    if done.returncode:
        raise FailedError(f"{name}: {done.stderr[-400:]}")
    return json.loads(done.stdout)
