"""What supervisors cost while 20 services do nothing: all of them at once, watched for a minute."""

from __future__ import annotations

import time
from contextlib import ExitStack

from tests.benchmarks.command import sleepers
from tests.benchmarks.contenders import Contender
from tests.benchmarks.contenders.registry import OURS, make, opened, present
from tests.benchmarks.figures import Goal, Outcome
from tests.benchmarks.processes import command_name, marked, usage
from tests.benchmarks.rounds import Run
from tests.benchmarks.table import Table
from tests.benchmarks.waiting import eventually, pause

TITLE = "idle with 20 services"
SERVICES = 20
ROUNDS = 3
WINDOW = 60.0
CALM = 25.0
"""Seconds from the last start to the first window."""
NAMES = ("goreman", "pm2", "pitchfork", OURS)
MEGABYTE = 1_000_000


class Watched:
    """One contender with its services up."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self.wakeups: list[float] = []
        self.megabytes: list[float] = []
        self.faults: list[str] = []
        self.services = self._services()
        self.supervisors = sorted(set(marked(contender.desk.mark)).difference(self.services))

    def _services(self) -> list[int]:
        return [p for p in marked(self.contender.desk.mark) if command_name(p) == "sleep"]

    def check(self) -> None:
        if self._services() != self.services or len(self.services) != SERVICES:
            self.faults.append("the services changed")

    def table_row(self, values: list[float]) -> Outcome:
        return Outcome(self.contender.name, tuple(values), tuple(dict.fromkeys(self.faults)))


def measure(run: Run) -> list[Table]:
    names, missing = present(NAMES, run.cache)
    every: list[Watched] = []
    with ExitStack() as stack:
        for name in names:
            contender = make(name, run.cache)
            contender.write(sleepers(SERVICES))
            left: list[str] = []
            stack.enter_context(opened(contender, left))
            _bring_up(contender)
            watched = Watched(contender)
            watched.faults = left
            every.append(watched)
        pause(CALM)
        for number in range(run.rounds_or(ROUNDS)):
            _watch(every)
            run.say(f"  window {number + 1}")
        for watched in every:
            watched.check()
            watched.contender.down()
    return _tables(every, missing)


def _bring_up(contender: Contender) -> None:
    contender.up()
    contender.settle()

    def all_run() -> bool:
        sleeping = [p for p in marked(contender.desk.mark) if command_name(p) == "sleep"]
        return len(sleeping) == SERVICES

    eventually(all_run, f"{contender.name}: {SERVICES} services", within=30)


def _watch(every: list[Watched]) -> None:
    before = [(time.monotonic(), usage(one.supervisors)) for one in every]
    pause(WINDOW)
    for watched, (begun, first) in zip(every, before, strict=True):
        last = usage(watched.supervisors)
        seconds = time.monotonic() - begun
        watched.wakeups.append(last.wakeups_since(first) / seconds)
        watched.megabytes.append(last.resident_bytes / MEGABYTE)


def _tables(every: list[Watched], missing: dict[str, str]) -> list[Table]:
    wakeups = tuple(one.table_row(one.wakeups) for one in every)
    memory = tuple(one.table_row(one.megabytes) for one in every)
    return [
        Table("wake-ups", "per second", wakeups, "", (Goal(OURS, 1.0),), missing),
        Table("memory, all its processes", "MB", memory, "", (Goal(OURS, 60.0),), missing),
    ]
