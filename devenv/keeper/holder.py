"""The table of units: starts them, stores what they say, ends them, and forgets none of theirs.

Whoever outlives its parent becomes a child of the keeper (it is a subreaper). So a unit is over
when its leader has ended and no child of ours wears its mark; the ends of children are all that
has to be watched, and nothing is looked for while nothing ends.
"""

from __future__ import annotations

import os
import signal
import time

from devenv.failpoints import failpoint
from devenv.keeper import tree
from devenv.keeper.held import Held, send
from devenv.keeper.mark import NONE, VARIABLE, keeper_of, unit_mark, worn_by
from devenv.keeper.spawn import Order, resize, spawn
from devenv.keeper.streams import Streams
from devenv.keeper.system import memory_kills, raise_file_limit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from devenv.keeper.connection import Message
    from devenv.keeper.loop import Loop

Key = tuple[str, int]


class Holder:
    """``changed`` is called with each unit whose row differs now, ``said`` with what one wrote."""

    def __init__(
        self, loop: Loop, changed: Callable[[Held], None], said: Callable[[Held, memoryview], None]
    ) -> None:
        self.units: dict[Key, Held] = {}
        self.streams = Streams(loop, said)
        self.environment = ""
        self.mark = NONE
        self._loop = loop
        self._changed = changed
        self._leaders: dict[int, Held] = {}
        self._orphans: dict[int, Held | None] = {}
        self._started = 0
        self._files = raise_file_limit()
        self._memory_kills = memory_kills()

    def start(self, row: Message, environment: dict[str, str], umask: int) -> Held:
        """Start a unit in place of one that has ended. Raises OSError if there can be no more."""
        order = Order(row["command"], row["directory"], {**environment, **row["environment"]})
        name = f"{self.environment}/{row['service']}/{row['index']}"
        order.environment[VARIABLE] = name
        order.umask, order.files = umask, self._files
        order.tty, order.stdin = bool(row.get("tty")), bool(row.get("stdin"))
        order.mark = unit_mark(self.mark, self._started)
        held = Held(row, name, order.mark)
        held.begin(spawn(order))
        failpoint("keeper.after-fork")
        self._started += 1
        self.units[held.key] = held
        if held.pid is not None:
            self._leaders[held.pid] = held
        self.streams.follow(held)
        self._changed(held)
        return held

    def stop(self, held: Held, number: int, grace: float) -> None:
        """Signal a unit and everything of it; after ``grace`` seconds end what is left by force."""
        self._adopt()
        held.begin_stop(number, time.monotonic() + grace)
        failpoint("keeper.in-stop")
        self._loop.at(held.kill_at, held.signal_new)
        self._changed(held)
        self._settle([held])

    def kill_all(self) -> bool:
        """Kill every process below the keeper; whether there was one that we may kill.

        Those who wear the mark of another keeper, or of a daemon, are not of this environment.
        """
        self._adopt()
        ours = [pid for pid in (*self._leaders, *self._orphans) if self._is_ours(worn_by(pid))]
        killed = [pid for pid in ours if send(os.kill, pid, signal.SIGKILL)]
        return bool(killed)

    def reap(self) -> None:
        """Take in the ends of children: leaders of units, and orphans that became ours."""
        touched: list[Held] = []
        while (ended := _wait()) is not None:
            pid, code = ended
            held = self._leaders.pop(pid, None)
            if held is not None:
                held.note_end(code, out_of_memory=self._out_of_memory(held, code))
                touched.append(held)
                continue
            owner = self._orphans.pop(pid, None)
            if owner is not None:
                owner.orphans.discard(pid)
                touched.append(owner)
        if touched or self._orphans:
            self._adopt()
            self._settle(touched)

    def resize(self, held: Held, columns: int, rows: int) -> None:
        if held.terminal and held.writing >= 0:
            resize(held.writing, columns, rows)

    def _adopt(self) -> None:
        """Find the children that became ours, and whose they are."""
        for pid in tree.own_children():
            if pid in self._leaders or pid in self._orphans:
                continue
            owner = self._owner(pid)
            self._orphans[pid] = owner
            if owner is not None:
                owner.orphans.add(pid)
                owner.signal_new()

    def _owner(self, pid: int) -> Held | None:
        mark = worn_by(pid)
        units = self.units.values()
        if mark != NONE:
            return next((held for held in units if held.mark == mark), None)
        name = _variable_of(pid)
        return next((held for held in units if held.name == name), None)

    def _is_ours(self, mark: int) -> bool:
        return mark == NONE or keeper_of(mark) == self.mark

    def _settle(self, touched: list[Held]) -> None:
        """Tell of each unit that has ended, or whose leader has."""
        for held in touched:
            if not held.alive:
                self._finish(held)
            self._changed(held)

    def _finish(self, held: Held) -> None:
        """Nothing of it is alive: store what is left in its pipes."""
        self.streams.let_go(held)
        held.close()

    def _out_of_memory(self, held: Held, code: int) -> bool:
        if code != -signal.SIGKILL or held.stopping:
            return False
        before, self._memory_kills = self._memory_kills, memory_kills()
        return self._memory_kills > before


def _wait() -> tuple[int, int] | None:
    """Reap one child that has ended: its pid and exit code, negative for a signal."""
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, os.waitstatus_to_exitcode(status)) if pid else None


def _variable_of(pid: int) -> str:
    """Read the name of the unit in the environment of a process; "" if there is none."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            text = file.read()
    except OSError:
        return ""
    start = VARIABLE.encode() + b"="
    found = [entry for entry in text.split(b"\0") if entry.startswith(start)]
    return os.fsdecode(found[0][len(start) :]) if found else ""
