"""How much time a chain of ten services wastes: each is started when the one before it is ready.

The floor is the same chain started by the harness itself, which knows the very moment of readiness.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.contenders import Contender, Ready, Service
from tests.benchmarks.contenders.ours import Devenv
from tests.benchmarks.contenders.registry import opened, present
from tests.benchmarks.contenders.resident import Pitchfork
from tests.benchmarks.desk import Desk
from tests.benchmarks.figures import Goal
from tests.benchmarks.peers import PEERS, installed
from tests.benchmarks.pipes import Marks
from tests.benchmarks.processes import kill
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.table import Table
from tests.ports import free_port

TITLE = "a chain of 10 services, own start-up 2.0 s in all, until ready"
LENGTH = 10
SECONDS = 0.2
ROUNDS = 10
WITHIN = 60.0
KINDS = ("http", "tcp", "exec")
TRUE = "the true sum"
PROGRAM = Path(__file__).parents[1] / "programs" / "ready_later.py"


def measure(run: Run) -> list[Table]:
    contenders, missing = _contenders(run)
    floor = Desk()
    marks = {name: Marks(one.desk.folder / "marks") for name, one in contenders.items()}
    left: list[str] = []
    with ExitStack() as stack:
        stack.callback(floor.close)
        for name, contender in contenders.items():
            kind = name.rpartition(" ")[2]
            contender.write(_services(contender.desk.work, marks[name].path, kind))
            stack.enter_context(opened(contender, left))
        own_marks = Marks(floor.folder / "marks")
        by_hand = _services(floor.work, own_marks.path, "exec")

        def once(name: str) -> Measured:
            if name == TRUE:
                return _by_hand(floor, own_marks, by_hand)
            return _once(contenders[name], marks[name])

        names = [TRUE, *contenders]
        outcomes = interleave(run, names, run.rounds_or(ROUNDS), once)
    for fault in left:
        run.say(f"  {fault}")
    goals = tuple(Goal(f"devenv {kind}", 1.1, TRUE) for kind in KINDS)
    return [Table(TITLE, "s", outcomes, TRUE, goals, missing)]


def _contenders(run: Run) -> tuple[dict[str, Contender], dict[str, str]]:
    found: dict[str, Contender] = {f"devenv {kind}": Devenv(f"devenv {kind}") for kind in KINDS}
    missing = present(["pitchfork"], run.cache)[1]
    peer = next(peer for peer in PEERS if peer.name == "pitchfork")
    program = installed(peer, run.cache)
    if program:
        found |= {f"pitchfork {kind}": Pitchfork(program, f"pitchfork {kind}") for kind in KINDS}
    return found, missing


def _services(folder: Path, marks: Path, kind: str) -> dict[str, Service]:
    """Make the chain c0 … c9, each with a port or a file of its own.

    They stay the same from round to round, so the profile is new in the first one only.
    """
    chain: dict[str, Service] = {}
    for number in range(LENGTH):
        port = free_port() if kind != "exec" else 0
        file = folder / f"ready-{number}"
        line = f"exec {_line(f'c{number}', marks, str(port or file))}"
        ready = Ready(kind, port, f"test -e {file}")
        chain[f"c{number}"] = Service(line, ready, f"c{number - 1}" if number else "")
    return chain


def _line(name: str, marks: Path, where: str) -> str:
    words = [sys.executable, "-I", "-S", str(PROGRAM), name, str(marks), str(SECONDS), where]
    return shlex.join(words)


def _expected() -> list[str]:
    """In this order, where nobody starts before the one that it waits for is ready."""
    return [f"{what} c{number}" for number in range(LENGTH) for what in ("begun", "ready")]


def _once(contender: Contender, marks: Marks) -> Measured:
    _forget(contender.desk)
    try:
        begun = time.perf_counter()
        contender.up()
        contender.settle()
        seconds = time.perf_counter() - begun
        seen = marks.take(2 * LENGTH, within=WITHIN)
        contender.down()
    finally:
        left = contender.desk.clear()
        marks.clear()
    return seconds, [*([] if seen == _expected() else ["in a wrong order"]), *left]


def _forget(desk: Desk) -> None:
    """Remove the files that the round before has left."""
    for file in desk.work.glob("ready-*"):
        file.unlink()


def _by_hand(desk: Desk, marks: Marks, services: dict[str, Service]) -> Measured:
    """Start each at the mark of the one before it."""
    _forget(desk)
    running: list[subprocess.Popen[bytes]] = []
    begun = time.perf_counter()
    for service in services.values():
        running.append(desk.spawn(["sh", "-c", service.line], desk.folder / "output.txt"))
        marks.take(2, within=WITHIN)
    seconds = time.perf_counter() - begun
    kill([one.pid for one in running])
    for one in running:
        one.wait()
    return seconds, desk.clear()
