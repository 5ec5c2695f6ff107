"""How many lines a second arrive in the store, none lost.

The writers wait at a gate until all of them are there, so that no contender's start is measured.
The end is when the last byte was stored.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.contenders import Contender, Service
from tests.benchmarks.contenders.registry import FLOOR, OURS, make, opened, present
from tests.benchmarks.figures import Goal, Outcome
from tests.benchmarks.pipes import Gate, Marks
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.table import Table
from tests.benchmarks.waiting import pause

TITLE = "lines to the store"
ROUNDS = 10
WITHIN = 180.0
QUIET = 1.0
"""Seconds without growth after which nothing more is expected."""
PROGRAM = Path(__file__).parents[1] / "programs" / "write_lines.py"
WRITER = f"exec {sys.executable} -I -S {PROGRAM}"
PEERS = ("goreman", "honcho", "pm2", "concurrently")
NAMES = (FLOOR, *PEERS, OURS)


@dataclass(frozen=True, slots=True)
class Workload:
    """``streams`` files of ``lines`` numbered lines of ``length`` bytes, below ``folder``."""

    streams: int
    lines: int
    length: int
    folder: Path

    @property
    def names(self) -> list[str]:
        return [f"w{number}" for number in range(self.streams)]

    def path(self, name: str) -> Path:
        return self.folder / name

    def make(self) -> None:
        """Write the files."""
        for name in self.names:
            tail = "z" * (self.length - len(name) - 10) + "\n"
            text = "".join(f"{name} {number:07} {tail}" for number in range(self.lines))
            self.path(name).write_text(text)

    def faults(self, name: str, log: bytes) -> list[str]:
        """Compare what was stored with what was written, without prefixes and others' lines."""
        width = self.length - len(name) - 10
        pattern = re.compile(name.encode() + b" ([0-9]{7}) z{%d}(?!z)" % width)
        written = hashlib.sha256(self.path(name).read_bytes()).digest()
        whole = (match.group() for match in pattern.finditer(log))
        found = hashlib.sha256()
        for line in whole:
            found.update(line + b"\n")
        if found.digest() == written:
            return []
        numbers = [int(match.group(1)) for match in pattern.finditer(log)]
        lost = self.lines - len(set(numbers))
        return [f"lost {lost:,}" if lost else "lines out of order or twice"]


def measure(run: Run) -> list[Table]:
    folder = Path(tempfile.mkdtemp(prefix="bench-lines-"))
    try:
        return [_table(run, load) for load in _workloads(folder)]
    finally:
        shutil.rmtree(folder)


def _workloads(folder: Path) -> list[Workload]:
    return [Workload(1, 1_000_000, 80, folder), Workload(4, 500_000, 100, folder)]


def _table(run: Run, load: Workload) -> Table:
    title = f"{load.streams} × {load.lines:,} lines × {load.length} bytes"
    run.say(f" {title}")
    load.make()
    names, missing = present(NAMES, run.cache)
    outcomes = interleave(
        run, names, run.rounds_or(ROUNDS), lambda name: once(make(name, run.cache), load, WRITER)
    )
    return Table(title, "lines/s", outcomes, FLOOR, _goals(outcomes), missing)


def _goals(outcomes: tuple[Outcome, ...]) -> tuple[Goal, ...]:
    """1.5 times the best of the peers."""
    peers = [one for one in outcomes if one.contender in PEERS and one.values]
    if not peers:
        return ()
    best = max(peers, key=lambda one: one.median).contender
    return (Goal(OURS, 1.5, best, at_least=True),)


def once(contender: Contender, load: Workload, writer: str) -> Measured:
    marks = Marks(contender.desk.folder / "marks")
    gate = Gate(contender.desk.folder / "gate")
    contender.write(
        {
            name: Service(f"{writer} {load.path(name)} {marks.path} {gate.path}")
            for name in load.names
        }
    )
    faults: list[str] = []
    with opened(contender, faults):
        contender.up()
        marks.take(load.streams, within=WITHIN)
        contender.settle()
        os.sync()
        begun = time.time()
        gate.open_for(load.streams)
        marks.take(load.streams, within=WITHIN)
        written = time.time()
        seconds = max(written, _stored_at(contender)) - begun
        for name in load.names:
            faults += load.faults(name, contender.log(name))
        contender.down()
        marks.close()
        gate.close()
    return load.streams * load.lines / seconds, faults


def _stored_at(contender: Contender) -> float:
    """Wait until the files grow no more, and return when that was."""
    size, since = -1, time.monotonic()
    while time.monotonic() - since < QUIET:
        now = sum(path.stat().st_size for path in contender.stored())
        if now != size:
            size, since = now, time.monotonic()
        pause(QUIET / 20)
    return max((path.stat().st_mtime for path in contender.stored()), default=0.0)
