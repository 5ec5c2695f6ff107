"""How long a save takes to be in a pod of a preview: one file, and many at once.

Some bring their files into one pod, each into a folder of its own, and those that watch a folder as
devenv does into one of theirs; these are read on this machine.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.benchmarks.contenders import live
from tests.benchmarks.contenders import pod as pods
from tests.benchmarks.contenders.composed import OURS
from tests.benchmarks.contenders.pod import CP, STREAM, Way
from tests.benchmarks.contenders.preview import missing
from tests.benchmarks.figures import Goal
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.rows.docker_sync import NEW, has_all, read, until
from tests.benchmarks.table import Table
from tests.benchmarks.waiting import pause

TITLE = "previews: from a save to the pod"
NAMES = (CP, STREAM, *live.TOOLS, OURS)
SAVES = 200
BURSTS = 10
SIZE = 2048


@dataclass(frozen=True, slots=True)
class Work:
    """What is measured in one table, by ``once``."""

    title: str
    rounds: int
    once: Callable[[Way], Measured]
    goals: tuple[Goal, ...]


def measure(run: Run) -> list[Table]:
    """A save is an atomic rename after a random pause."""
    if why := missing():
        return [Table("one file saved", "s", (), missing=dict.fromkeys(NAMES, why))]
    goals = (Goal(OURS, 0.015), Goal(OURS, 0.1, CP))
    every = (Work("one file saved", SAVES, _save, goals), _burst(100, 0.3), _burst(1000, 0.6))
    with pods.ways() as into_one, live.ways(run.cache) as into_theirs:
        ways = {**into_one, **into_theirs}
        return [_table(run, ways, work) for work in every]


def _table(run: Run, ways: Mapping[str, Way], work: Work) -> Table:
    run.say(f" {work.title}")
    absent = {name: "see tests/benchmarks/peers.py" for name in NAMES if name not in ways}
    names = [name for name in NAMES if name in ways]
    rounds = run.rounds_or(work.rounds)
    outcomes = interleave(run, names, rounds, lambda name: work.once(ways[name]))
    return Table(work.title, "s", outcomes, CP, work.goals, absent)


def _burst(count: int, limit: float) -> Work:
    goals = (Goal(OURS, limit, CP),)
    title = NEW.format(f"{count:,}", SIZE)
    return Work(title, BURSTS, lambda way: _write_many(way, count), goals)


def _save(way: Way) -> Measured:
    pause(random.uniform(0.05, 0.3))
    content = os.urandom(16).hex().encode()
    path = way.source / "page"
    partial = path.with_name(".page.new")
    partial.write_bytes(content)
    begun = time.perf_counter()
    partial.rename(path)
    way.send(path)
    until(lambda: read(way.copies / "page") == content, "the save")
    return time.perf_counter() - begun, []


def _write_many(way: Way, count: int) -> Measured:
    pause(0.6)
    content = os.urandom(SIZE)
    folder = way.source / f"many{time.monotonic_ns()}"
    folder.mkdir(exist_ok=True)
    copies = way.copies / folder.name
    begun = time.perf_counter()
    for number in range(count):
        (folder / f"f{number}").write_bytes(content)
    way.send(folder)
    until(lambda: has_all(copies, count, content), "the burst")
    return time.perf_counter() - begun, []
