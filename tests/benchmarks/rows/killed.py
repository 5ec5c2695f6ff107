"""How long it takes after the daemon's SIGKILL until `devenv status` is right again."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import replace

from tests.benchmarks.command import sleepers, timed
from tests.benchmarks.contenders.ours import PROGRAM, Devenv, ready_pids
from tests.benchmarks.contenders.registry import OURS, opened
from tests.benchmarks.figures import Goal
from tests.benchmarks.processes import command_name, marked
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.table import Table
from tests.benchmarks.waiting import LateError

TITLE = "SIGKILL of the daemon, until the next `devenv status` is right"
SERVICES = 20
ROUNDS = 20
WITHIN = 10.0


def measure(run: Run) -> list[Table]:
    devenv = Devenv()
    devenv.write(sleepers(SERVICES))
    left: list[str] = []
    with opened(devenv, left):
        devenv.up()
        devenv.settle()
        pids = devenv.pids()
        outcome = interleave(run, [OURS], run.rounds_or(ROUNDS), lambda _name: _once(devenv, pids))[
            0
        ]
        if _sleeping(devenv) != sorted(pids.values()):
            left.append("other processes than at the start")
        devenv.call("down")
        orphans = _sleeping(devenv)
        if orphans:
            left.append(f"{len(orphans)} orphans")
    outcome = replace(outcome, faults=(*outcome.faults, *left))
    return [Table(TITLE, "s", (outcome,), "", (Goal(OURS, 0.3),))]


def _once(devenv: Devenv, pids: dict[str, int]) -> Measured:
    daemon = json.loads(devenv.call("daemon", "status", "--json"))["daemon"]["pid"]
    os.kill(daemon, signal.SIGKILL)
    begun = time.perf_counter()
    wrong = 0
    while ready_pids(timed(devenv.desk, [PROGRAM, "status", "--json"])[1]) != pids:
        wrong += 1
        if time.perf_counter() - begun > WITHIN:
            raise LateError(f"no right status within {WITHIN:g} s")
    seconds = time.perf_counter() - begun
    return seconds, ["the first answer was not yet right"] if wrong else []


def _sleeping(devenv: Devenv) -> list[int]:
    return [pid for pid in marked(devenv.desk.mark) if command_name(pid) == "sleep"]
