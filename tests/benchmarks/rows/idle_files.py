"""What it costs to watch 100,000 files for five services in containers while nothing is saved.

Memory is what came with the files: the same services are brought up over empty folders first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.benchmarks.containers import MAKERS, bring_up, missing
from tests.benchmarks.contenders import mutagen as mutagens
from tests.benchmarks.contenders.composed import OURS, PLUGIN, PYTHON, Composed, Document
from tests.benchmarks.contenders.mutagen import Mutagen
from tests.benchmarks.desk import PASSING
from tests.benchmarks.figures import Goal, Outcome
from tests.benchmarks.processes import command_line, marked, usage
from tests.benchmarks.rounds import Run
from tests.benchmarks.rows.docker_sync import TARGET, mounted, read
from tests.benchmarks.table import Table
from tests.benchmarks.waiting import LateError, eventually, pause

TITLE = "files: 100,000 watched for 5 services, idle"
NAMES = (PLUGIN, mutagens.NAME, OURS)
SERVICES = tuple(f"s{number}" for number in range(5))
FOLDERS, FILES = 200, 100
ROUNDS = 10
WINDOW = 60.0
CALM = 25.0
"""Seconds from the last start to the first window."""


@dataclass
class Watched:
    """One contender over its folders. ``empty``: bytes that it took over empty ones."""

    tool: Composed
    empty: int = 0
    wakeups: list[float] = field(default_factory=list)
    per_file: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _is_open: bool = False

    def begin(self) -> None:
        for service in SERVICES:
            (self.tool.desk.work / service).mkdir(exist_ok=True)
        self.tool.write_document(_document())
        self._is_open = True
        self.tool.open()
        bring_up(self.tool)
        if isinstance(self.tool, Mutagen):
            for service in SERVICES:
                self.tool.create(self.tool.desk.work / service, TARGET, service)
        else:
            self.tool.watch()

    def end(self) -> None:
        """End what was begun, if it was."""
        if self._is_open:
            self.tool.close()
        self._is_open = False

    def watchers(self) -> list[int]:
        """What watches; the child that reads devenv's profile comes and goes."""
        pids = marked(self.tool.desk.mark)
        return [pid for pid in pids if PASSING not in command_line(pid)]

    def check(self) -> None:
        """Each of the folders must be watched: a save in it arrives."""
        for service in SERVICES:
            name = Path(f"d{FOLDERS - 1}", "f0")
            (self.tool.desk.work / service / name).write_text("saved")
            copy = mounted(self.tool, service) / name
            try:
                eventually(partial(_is_saved, copy), "a save", within=20)
            except LateError:
                self.faults.append(f"a save for {service} was not seen")


def _is_saved(copy: Path) -> bool:
    return read(copy) == b"saved"


def measure(run: Run) -> list[Table]:
    absent = {name: why for name, why in missing().items() if name in NAMES}
    every = [Watched(MAKERS[name]()) for name in NAMES if name not in absent]
    with ExitStack() as stack:
        for one in every:
            stack.callback(one.tool.desk.close)
            stack.callback(one.end)
        _all(every, Watched.begin)
        pause(CALM)
        for one in every:
            one.empty = usage(one.watchers()).resident_bytes
        _all(every, Watched.end)
        for one in every:
            _fill(one.tool.desk.work)
        _all(every, Watched.begin)
        pause(CALM)
        for number in range(run.rounds_or(ROUNDS)):
            _watch(every)
            run.say(f"  window {number + 1}")
        _all(every, Watched.check)
    return [
        _table("wake-ups", "per second", every, lambda one: one.wakeups, 1.0, absent),
        _table("memory for each file", "bytes", every, lambda one: one.per_file, 500.0, absent),
    ]


def _table(
    title: str,
    unit: str,
    every: Sequence[Watched],
    figures: Callable[[Watched], Sequence[float]],
    most: float,
    absent: dict[str, str],
) -> Table:
    outcomes = tuple(
        Outcome(one.tool.name, tuple(figures(one)), tuple(one.faults)) for one in every
    )
    return Table(title, unit, outcomes, "", (Goal(OURS, most),), absent)


def _all(every: Sequence[Watched], work: Callable[[Watched], None]) -> None:
    for one in every:
        work(one)


def _fill(root: Path) -> None:
    for service in SERVICES:
        for folder in range(FOLDERS):
            path = root / service / f"d{folder}"
            path.mkdir()
            for file in range(FILES):
                (path / f"f{file}").touch()


def _watch(every: Sequence[Watched]) -> None:
    before = [(time.monotonic(), usage(one.watchers())) for one in every]
    pause(WINDOW)
    for one, (begun, first) in zip(every, before, strict=True):
        last = usage(one.watchers())
        one.wakeups.append(last.wakeups_since(first) / (time.monotonic() - begun))
        one.per_file.append((last.resident_bytes - one.empty) / (len(SERVICES) * FOLDERS * FILES))


def _document() -> Document:
    services = {
        service: {
            "image": PYTHON,
            "init": True,
            "command": ["sleep", "100000"],
            "develop": {"watch": [{"path": f"./{service}", "action": "sync", "target": TARGET}]},
        }
        for service in SERVICES
    }
    return {"services": services}
