"""How long it takes from a save until the process that watches for it runs again.

The process copies the saved file when it starts: its copy is what is waited for.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.contenders.ours import PROGRAM
from tests.benchmarks.desk import Desk
from tests.benchmarks.figures import Goal
from tests.benchmarks.peers import PEERS, installed
from tests.benchmarks.processes import kill
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.table import Table
from tests.benchmarks.waiting import LateError, eventually, pause

TITLE = "files: from a save until a watched process runs again"
ROUNDS = 30
WITHIN = 20.0
LOOK_EVERY = 0.0003
"""Seconds between two looks at the copy."""
OURS, NODEMON, WATCHEXEC = "devenv", "nodemon", "watchexec"
SCRIPT = "cp code/page started\nexec sleep 100000\n"
PROFILE = {
    "services": {
        "web": {"command": ["sh", "run.sh"], "sync": {"from": "./code", "restart": True}},
    }
}
WORDS: Mapping[str, Callable[[str], Sequence[str]]] = {
    NODEMON: lambda program: (
        *("node", program, "--quiet", "--watch", "code", "--ext", "*", "--delay", "0"),
        *("--signal", "SIGTERM", "--exec", "sh run.sh"),
    ),
    WATCHEXEC: lambda program: (
        *(program, "--quiet", "--restart", "--watch", "code", "--debounce", "10ms"),
        *("--", "sh", "run.sh"),
    ),
}
"""Each with the shortest delay that it takes."""


def measure(run: Run) -> list[Table]:
    programs = {peer.name: installed(peer, run.cache) for peer in PEERS if peer.name in WORDS}
    absent = {name: "see tests/benchmarks/peers.py" for name in WORDS if not programs.get(name)}
    names = [name for name in (*WORDS, OURS) if name not in absent]
    with ExitStack() as stack:
        desks = {name: Desk() for name in names}
        for name, desk in desks.items():
            stack.callback(_close, name, desk)
            _begin(name, desk, str(programs.get(name)))
        found = interleave(run, names, run.rounds_or(ROUNDS), lambda name: _once(desks[name]))
    goals = (Goal(OURS, 1.2, NODEMON),)
    return [Table("one file saved by rename", "s", found, NODEMON, goals, absent)]


def _begin(name: str, desk: Desk, program: str) -> None:
    (desk.work / "code").mkdir()
    (desk.work / "code" / "page").write_text("first")
    (desk.work / "run.sh").write_text(SCRIPT)
    if name == OURS:
        (desk.work / "devenv.profile.yaml").write_text(json.dumps(PROFILE))
        desk.call([PROGRAM, "up", "-d"])
    else:
        desk.spawn(WORDS[name](program), desk.folder / "said.txt")
    eventually(lambda: _read(desk.work / "started") == "first", f"{name} started", within=WITHIN)


def _once(desk: Desk) -> Measured:
    """Save by an atomic rename after a random pause, longer than a program is taken to spin."""
    pause(random.uniform(2.2, 2.6))
    content = os.urandom(16).hex()
    partial = desk.work / "page.new"
    partial.write_text(content)
    begun = time.perf_counter()
    partial.rename(desk.work / "code" / "page")
    while _read(desk.work / "started") != content:
        if time.perf_counter() - begun > WITHIN:
            raise LateError("it was not started again")
        pause(LOOK_EVERY)
    return time.perf_counter() - begun, []


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _close(name: str, desk: Desk) -> None:
    if name == OURS:
        desk.call([PROGRAM, "down"], check=False)
        desk.call([PROGRAM, "daemon", "stop"], check=False)
    kill(desk.alive())
    desk.close()
