"""The terminal UI: until it is first painted, and what it costs while nobody touches it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from tests.benchmarks.command import sleepers
from tests.benchmarks.contenders.ours import PROGRAM, Devenv
from tests.benchmarks.contenders.registry import OURS, opened
from tests.benchmarks.desk import Desk, FailedError
from tests.benchmarks.figures import Goal, Outcome
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.table import Table

TITLE = "terminal UI over 20 services"
SERVICES = 20
ROUNDS = 15
IDLE_ROUNDS = 3
WINDOW = 30.0
CALM = 5.0
WITHIN = 30.0
HELLO = "a Textual app that says hello"
PROGRAM_HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("hello, here it is")
Hello().run()
"""
SHOWN = {HELLO: b"hello, here it is", OURS: f"● {SERVICES} ready".encode()}
COMMANDS: dict[str, tuple[str, ...]] = {
    HELLO: (sys.executable, "-c", PROGRAM_HELLO),
    OURS: (PROGRAM, "tui"),
}
_IN_A_TERMINAL = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); " + (
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


def measure(run: Run) -> list[Table]:
    devenv = Devenv()
    devenv.write(sleepers(SERVICES))
    left: list[str] = []
    with opened(devenv, left):
        devenv.up()
        devenv.settle()

        def once(name: str) -> Measured:
            return _until_painted(devenv.desk, name), ()

        first = interleave(run, [HELLO, OURS], run.rounds_or(ROUNDS), once)
        idle = tuple(_idle(devenv.desk) for _ in range(run.rounds_or(IDLE_ROUNDS)))
        devenv.down()
    ours = replace(first[1], faults=(*first[1].faults, *left))
    return [
        Table("first paint", "s", (first[0], ours), HELLO, (Goal(OURS, 1.3, HELLO),)),
        Table("processor, idle", "%", (Outcome(OURS, idle),), "", (Goal(OURS, 1.0),)),
    ]


def _until_painted(desk: Desk, name: str) -> float:
    begun = time.monotonic()
    with _terminal(desk, COMMANDS[name]) as (_, master):
        _read_until(master, SHOWN[name])
        return time.monotonic() - begun


def _idle(desk: Desk) -> float:
    """Percent of a core, of the UI alone."""
    with _terminal(desk, COMMANDS[OURS]) as (pid, master):
        _read_until(master, SHOWN[OURS])
        _read_for(master, CALM)
        before, begun = _seconds(pid), time.monotonic()
        _read_for(master, WINDOW)
        return 100.0 * (_seconds(pid) - before) / (time.monotonic() - begun)


def _seconds(pid: int) -> float:
    """Processor time of a process so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _terminal(desk: Desk, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The process and the master side of its terminal; it is ended afterwards."""
    master, slave = pty.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", _IN_A_TERMINAL, *words],
        cwd=desk.work,
        env={**desk.environ, "TERM": "xterm-256color"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    try:
        yield process.pid, master
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(master)


def _read_until(master: int, text: bytes) -> None:
    shown, end = b"", time.monotonic() + WITHIN
    while text not in shown:
        left = end - time.monotonic()
        if left <= 0 or not select.select([master], [], [], left)[0]:
            raise FailedError(f"{text!r} was not shown: {shown[-300:]!r}")
        shown += os.read(master, 65536)


def _read_for(master: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([master], [], [], left)[0]:
            os.read(master, 65536)
