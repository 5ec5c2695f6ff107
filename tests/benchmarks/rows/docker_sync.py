"""How long a save takes to be in a container: one file, and thousands at once.

New files are what a checkout or a generator makes. Written again, they are slower with every tool
that replaces whole files: ext4 gives no inode out anew for a minute, and looks for another one
among all that were freed.

The copy is read on this machine, where the engine has mounted the container's files.
"""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.containers import Workload, bring_up, compare
from tests.benchmarks.contenders import mutagen as mutagens
from tests.benchmarks.contenders.composed import OURS, PLUGIN, PYTHON, Composed, Document
from tests.benchmarks.contenders.mutagen import Mutagen
from tests.benchmarks.desk import FailedError
from tests.benchmarks.figures import Goal
from tests.benchmarks.rounds import Measured, Run
from tests.benchmarks.table import Table
from tests.benchmarks.waiting import LateError, pause

TITLE = "containers: from a save to the container"
NAMES = (PLUGIN, mutagens.NAME, OURS)
SAVES = 200
BURSTS = 10
SIZE = 2048
NEW, AGAIN = "{} new files of {} bytes at once", "{} files of {} bytes, written again"
QUIET = 60.0
"""Seconds; mutagen takes seconds then."""
WITHIN = 180.0
LOOK_EVERY = 0.0003
"""Seconds between two looks at the copy."""
TARGET = "/srv/app"
RULE = {"path": "./src", "action": "sync", "target": TARGET}
DOCUMENT: Document = {
    "services": {
        "web": {
            "image": PYTHON,
            "init": True,
            "command": ["sleep", "100000"],
            "develop": {"watch": [RULE]},
        }
    }
}


def measure(run: Run) -> list[Table]:
    """A save is an atomic rename after a random pause."""
    quiet = f"one file saved in a folder not touched for {QUIET:.0f} s"
    saves = [_saves(run, "one file saved", _save, SAVES), _saves(run, quiet, _after_quiet(), 5)]
    bursts = [_burst(run, count, NEW) for count in (1000, 10_000)]
    return [*saves, *bursts, _burst(run, 1000, AGAIN)]


def _saves(run: Run, title: str, once: Callable[[Composed], Measured], rounds: int) -> Table:
    found = compare(run, Workload(title, DOCUMENT, once, 0.05, rounds, _watch, NAMES))
    goals = (Goal(OURS, 0.012), *found.goals, Goal(OURS, 0.3, mutagens.NAME))
    return replace(found, goals=goals)


def _burst(run: Run, count: int, title: str) -> Table:
    rounds = itertools.count()

    def once(tool: Composed) -> Measured:
        return _write_many(tool, f"many{next(rounds) if title == NEW else ''}", count)

    load = Workload(
        title.format(f"{count:,}", SIZE),
        DOCUMENT,
        once,
        0.4,
        BURSTS if count < 5000 else 3,
        _watch,
        NAMES,
    )
    found = compare(run, load)
    return replace(found, goals=(*found.goals, Goal(OURS, 0.1, mutagens.NAME)))


def _watch(tool: Composed) -> None:
    (tool.desk.work / "src").mkdir(exist_ok=True)
    bring_up(tool)
    if isinstance(tool, Mutagen):
        tool.create(tool.desk.work / "src", TARGET)
    else:
        tool.watch()


def _save(tool: Composed) -> Measured:
    copy = mounted(tool) / "page"
    pause(random.uniform(0.05, 0.3))
    content = os.urandom(16).hex().encode()
    path = tool.desk.work / "src" / "page"
    partial = path.with_name(".page.new")
    partial.write_bytes(content)
    begun = time.perf_counter()
    partial.rename(path)
    until(lambda: read(copy) == content, "the save")
    return time.perf_counter() - begun, []


def _after_quiet() -> Callable[[Composed], Measured]:
    touched: dict[str, float] = {}

    def once(tool: Composed) -> Measured:
        if tool.name not in touched:
            _save(tool)
            touched[tool.name] = time.monotonic()
        pause(max(0.0, touched[tool.name] + QUIET - time.monotonic()))
        measured = _save(tool)
        touched[tool.name] = time.monotonic()
        return measured

    return once


def _write_many(tool: Composed, name: str, count: int) -> Measured:
    pause(0.6)
    content = os.urandom(SIZE)
    folder = tool.desk.work / "src" / name
    folder.mkdir(exist_ok=True)
    copies = mounted(tool) / name
    begun = time.perf_counter()
    for number in range(count):
        (folder / f"f{number}").write_bytes(content)
    until(lambda: has_all(copies, count, content), "the burst")
    return time.perf_counter() - begun, []


def has_all(folder: Path, count: int, content: bytes) -> bool:
    """Look at the last one first: it costs nothing until all is nearly there."""
    numbers = (count - 1, *range(count - 1))
    return all(read(folder / f"f{number}") == content for number in numbers)


def read(path: Path) -> bytes:
    """What a file says; nothing while it is not there."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.perf_counter() + WITHIN
    while not condition():
        if time.perf_counter() > deadline:
            raise LateError(f"{what} has not arrived")
        pause(LOOK_EVERY)


def mounted(tool: Composed, service: str = "web") -> Path:
    """Where the files of a service's container are on this machine."""
    (container,) = tool.containers(service=service)
    form = "{{.GraphDriver.Data.MergedDir}}"
    found = tool.desk.call(["docker", "inspect", "-f", form, container]).decode().strip()
    if not os.path.isdir(found):
        raise FailedError(f"{found}: the files of a container cannot be seen from here")
    return Path(found) / TARGET.lstrip("/")
