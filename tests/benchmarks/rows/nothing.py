"""How long `devenv up -d` takes where there is nothing to do."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

from tests.benchmarks.command import BARE, BARE_COMMAND, sleepers, timed
from tests.benchmarks.contenders.ours import PROGRAM, Devenv
from tests.benchmarks.contenders.registry import opened
from tests.benchmarks.figures import Goal, Outcome
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.table import Table

TITLE = "`devenv up -d` with nothing to do"
SIZES = (1, 20, 100)
ROUNDS = 20
LIMIT = 3.5


def measure(run: Run) -> list[Table]:
    every = {_name(size): Devenv(_name(size)) for size in SIZES}
    pids: dict[str, dict[str, int]] = {}
    left: dict[str, list[str]] = {name: [] for name in every}
    with ExitStack() as stack:
        for (name, devenv), size in zip(every.items(), SIZES, strict=True):
            devenv.write(sleepers(size))
            stack.enter_context(opened(devenv, left[name]))
            devenv.up()
            devenv.settle()
            pids[name] = devenv.pids()

        def once(name: str) -> Measured:
            if name == BARE:
                return timed(every[_name(SIZES[0])].desk, BARE_COMMAND)[0], ()
            seconds = timed(every[name].desk, [PROGRAM, "up", "-d"])[0]
            return seconds, ()

        outcomes = interleave(run, [BARE, *every], run.rounds_or(ROUNDS), once)
        for (name, devenv), size in zip(every.items(), SIZES, strict=True):
            if devenv.pids() != pids[name] or len(pids[name]) != size:
                left[name].append("the services changed")
            devenv.down()
    goals = tuple(Goal(name, LIMIT, BARE) for name in every)
    return [Table(TITLE, "s", _with(outcomes, left), BARE, goals)]


def _with(outcomes: tuple[Outcome, ...], left: dict[str, list[str]]) -> tuple[Outcome, ...]:
    return tuple(
        replace(one, faults=(*one.faults, *left.get(one.contender, ()))) for one in outcomes
    )


def _name(size: int) -> str:
    return f"devenv, {size} service{'s' if size > 1 else ''}"
