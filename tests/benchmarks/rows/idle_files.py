"""What it costs to watch 100,000 files for five services while nothing is saved.

Memory is what came with the files: the same services are brought up over empty folders first.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.benchmarks.contenders.ours import PROGRAM
from tests.benchmarks.desk import PASSING, Desk
from tests.benchmarks.figures import Goal, Outcome
from tests.benchmarks.peers import PEERS, installed
from tests.benchmarks.processes import command_line, command_name, kill, marked, usage
from tests.benchmarks.rounds import Run
from tests.benchmarks.table import Table
from tests.benchmarks.waiting import LateError, eventually, pause

TITLE = "files: 100,000 watched for 5 services, idle"
SERVICES, FOLDERS, FILES = 5, 200, 100
ROUNDS = 3
WINDOW = 60.0
CALM = 25.0
"""Seconds from the last start to the first window."""
OURS, NODEMON = "devenv", "nodemon"
IDLE = "exec sleep 100000"


@dataclass
class Watched:
    """One contender over its folders. ``empty``: bytes that it took over empty ones."""

    name: str
    program: str
    desk: Desk = field(default_factory=Desk)
    empty: int = 0
    wakeups: list[float] = field(default_factory=list)
    per_file: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def begin(self) -> None:
        for number in range(SERVICES):
            (self.desk.work / f"s{number}").mkdir(exist_ok=True)
        if self.name == OURS:
            (self.desk.work / "devenv.profile.yaml").write_text(json.dumps(_profile()))
            self.desk.call([PROGRAM, "up", "-d"])
        else:
            for number in range(SERVICES):
                words = ["node", self.program, "--quiet", "--watch", f"s{number}", "--ext", "*"]
                said = self.desk.folder / f"said{number}"
                self.desk.spawn([*words, "--exec", IDLE], said)
        eventually(lambda: len(self._services()) == SERVICES, f"{self.name} runs", within=60)

    def end(self) -> None:
        if self.name == OURS:
            self.desk.call([PROGRAM, "down"], check=False)
            self.desk.call([PROGRAM, "daemon", "stop"], check=False)
        kill(marked(self.desk.mark))

    def watchers(self) -> list[int]:
        """What watches; the child that reads devenv's profile comes and goes."""
        passing = {pid for pid in marked(self.desk.mark) if PASSING in command_line(pid)}
        return sorted({*marked(self.desk.mark)} - {*self._services()} - passing)

    def check(self) -> None:
        """Each of the folders must be watched: a save in it restarts its service."""
        for number in range(SERVICES):
            before = self._services()
            (self.desk.work / f"s{number}" / f"d{FOLDERS - 1}" / "f0").write_text("saved")
            try:
                eventually(partial(self._is_anew, before), "a restart", within=20)
            except LateError:
                self.faults.append("a save was not seen")

    def _is_anew(self, before: Sequence[int]) -> bool:
        now = self._services()
        return len(now) == SERVICES and now != before

    def _services(self) -> list[int]:
        return [pid for pid in marked(self.desk.mark) if command_name(pid) == "sleep"]


def measure(run: Run) -> list[Table]:
    peer = next(peer for peer in PEERS if peer.name == NODEMON)
    program = installed(peer, run.cache)
    absent = {} if program else {NODEMON: "see tests/benchmarks/peers.py"}
    every = [Watched(OURS, PROGRAM), *([Watched(NODEMON, str(program))] if program else [])]
    with ExitStack() as stack:
        for one in every:
            stack.callback(one.desk.close)
            stack.callback(one.end)
        _all(every, Watched.begin)
        pause(CALM)
        for one in every:
            one.empty = usage(one.watchers()).resident_bytes
        _all(every, Watched.end)
        for one in every:
            _fill(one.desk.work)
        _all(every, Watched.begin)
        pause(CALM)
        for number in range(run.rounds_or(ROUNDS)):
            _watch(every)
            run.say(f"  window {number + 1}")
        _all(every, Watched.check)
    wakeups = tuple(Outcome(one.name, tuple(one.wakeups), tuple(one.faults)) for one in every)
    memory = tuple(Outcome(one.name, tuple(one.per_file), tuple(one.faults)) for one in every)
    return [
        Table("wake-ups", "per second", wakeups, "", (Goal(OURS, 1.0),), absent),
        Table("memory for each file", "bytes", memory, "", (Goal(OURS, 500.0),), absent),
    ]


def _all(every: Sequence[Watched], work: Callable[[Watched], None]) -> None:
    for one in every:
        work(one)


def _fill(root: Path) -> None:
    for number in range(SERVICES):
        for folder in range(FOLDERS):
            path = root / f"s{number}" / f"d{folder}"
            path.mkdir()
            for file in range(FILES):
                (path / f"f{file}").touch()


def _watch(every: Sequence[Watched]) -> None:
    before = [(time.monotonic(), usage(one.watchers())) for one in every]
    pause(WINDOW)
    for one, (begun, first) in zip(every, before, strict=True):
        last = usage(one.watchers())
        one.wakeups.append(last.wakeups_since(first) / (time.monotonic() - begun))
        one.per_file.append((last.resident_bytes - one.empty) / (SERVICES * FOLDERS * FILES))


def _profile() -> dict[str, object]:
    services = {
        f"s{number}": {
            "command": ["sh", "-c", IDLE],
            "sync": {"from": f"./s{number}", "restart": True},
        }
        for number in range(SERVICES)
    }
    return {"services": services}
