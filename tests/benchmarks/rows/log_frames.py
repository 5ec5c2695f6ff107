"""Frames and keys while 20 services write 5,000 lines a second each."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.benchmarks.desk import FailedError
from tests.benchmarks.figures import Goal, Outcome
from tests.benchmarks.rounds import Run
from tests.benchmarks.table import Table

TITLE = "terminal UI: 20 services × 5,000 lines/s"
ROUNDS = 3
SERVICES, RATE, SECONDS = 20, 5_000, 10
LIMIT = 120.0
WORDS = (sys.executable, "-m", "tests.benchmarks.programs.log_frames")


def measure(run: Run) -> list[Table]:
    frames: list[float] = []
    keys: list[float] = []
    faults: list[str] = []
    for number in range(run.rounds_or(ROUNDS)):
        told = _told()
        frames.append(told["frames"])
        keys.append(told["keys"])
        if told["lines"] < SERVICES * RATE * SECONDS:
            faults.append(f"only {told['lines']:,.0f} lines were seen")
        run.say(f"  round {number + 1}")
    found = (("a frame, 99 %", frames, 0.033), ("a key, 99 %", keys, 0.050))
    return [
        Table(title, "s", (Outcome("devenv", tuple(values), tuple(faults)),), "", (goal,))
        for title, values, limit in found
        for goal in (Goal("devenv", limit),)
    ]


def _told() -> dict[str, float]:
    words = [*WORDS, str(SERVICES), str(RATE), str(SECONDS)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT, check=False)
    if done.returncode:
        raise FailedError(f"log_frames: {done.stderr[-400:]}")
    told: dict[str, float] = json.loads(done.stdout)
    return told
