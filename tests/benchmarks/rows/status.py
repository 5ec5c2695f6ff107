"""How long `devenv status` takes while the daemon runs."""

from __future__ import annotations

from dataclasses import replace

from tests.benchmarks.command import BARE, BARE_COMMAND, sleepers, timed
from tests.benchmarks.contenders.ours import PROGRAM, Devenv
from tests.benchmarks.contenders.registry import OURS, opened
from tests.benchmarks.figures import Goal
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.table import Table

TITLE = "`devenv status` of 10 services, warm"
SERVICES = 10
ROUNDS = 40


def measure(run: Run) -> list[Table]:
    devenv = Devenv()
    devenv.write(sleepers(SERVICES))
    left: list[str] = []
    with opened(devenv, left):
        devenv.up()
        devenv.settle()
        pids = devenv.pids()

        def once(name: str) -> Measured:
            if name == BARE:
                return timed(devenv.desk, BARE_COMMAND)[0], ()
            seconds, text = timed(devenv.desk, [PROGRAM, "status"])
            ready = sum(b" ready " in line for line in text.splitlines())
            return seconds, () if ready == SERVICES else (f"{ready} ready of {SERVICES}",)

        outcomes = interleave(run, [BARE, OURS], run.rounds_or(ROUNDS), once)
        if devenv.pids() != pids or len(pids) != SERVICES:
            left.append("the services changed")
        devenv.down()
    ours = replace(outcomes[1], faults=(*outcomes[1].faults, *left))
    return [Table(TITLE, "s", (outcomes[0], ours), BARE, (Goal(OURS, 2.5, BARE),))]
