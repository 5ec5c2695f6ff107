"""The table of units: starts them, stores what they say, ends them, and forgets none of theirs."""

import os
import signal
import time
from collections.abc import Callable

from devenv.keeper import tree
from devenv.keeper.held import Held
from devenv.keeper.loop import Loop
from devenv.keeper.memory import killed_for_memory
from devenv.keeper.messages import Message
from devenv.keeper.spawn import Order, resize, spawn
from devenv.keeper.system import grow_pipe, mark, worn_by
from devenv.logs.segment import STDERR, STDOUT, TERMINAL, enforce_quota

Key = tuple[str, int]

BUFFER = 1024 * 1024
FULL_PIPE = 65536
"""A read of so much means that the service writes faster than we read: give it a larger pipe."""
FIRST_LOOK = 0.005
LONGEST_LOOK = 0.1


class Holder:
    """``changed`` is called with each unit whose row differs from what it was."""

    def __init__(
        self,
        loop: Loop,
        changed: Callable[[Held], None],
        output: Callable[[Held, memoryview], None],
    ) -> None:
        self.units: dict[Key, Held] = {}
        self.quota = 2 * 1024**3
        self.environment = 0
        self._loop = loop
        self._changed = changed
        self._output = output
        self._by_pid: dict[int, Held] = {}
        self._started = 0
        self._buffer = memoryview(bytearray(BUFFER))
        self._look_after = FIRST_LOOK
        self._looking = False
        loop.on_child(self.reap)

    def start(self, row: Message, environment: dict[str, str], umask: int) -> Held:
        """Start a unit in place of one that has ended. Raises OSError if there can be no more."""
        key = (row["service"], row["index"])
        self.remove(key)
        number = mark(self.environment, self._started)
        order = Order(
            row["command"],
            row["directory"],
            {**environment, **row["environment"]},
            umask=umask,
            mark=number,
        )
        order.tty, order.stdin = bool(row.get("tty")), bool(row.get("stdin"))
        spawned = spawn(order, (STDOUT, STDERR, TERMINAL))
        self._started += 1
        held = Held(row, spawned, number)
        self.units[key] = self._by_pid[held.pid] = held
        for descriptor in held.outputs:
            self._loop.watch(descriptor, self._reader(held, descriptor))
        self._changed(held)
        return held

    def stop(self, held: Held, number: int, grace: float) -> None:
        """Signal a unit and everything of it; after ``grace`` seconds end what is left by force."""
        held.stopping = True
        held.signal = signal.Signals(number)
        held.members = self._members().get(held.key, []) if held.leader_ended else []
        held.signal_all(number)
        held.signal_all(signal.SIGCONT)
        held.kill_at = time.monotonic() + grace
        self._loop.at(held.kill_at, self.look)
        self._changed(held)
        self._look_soon()

    def remove(self, key: Key) -> None:
        """Forget a unit that has ended."""
        held = self.units.get(key)
        if held is not None and not held.alive:
            del self.units[key]

    def write(self, held: Held, data: bytes) -> None:
        """Write to a unit's terminal or standard input; what does not fit is dropped."""
        if held.writing >= 0:
            try:
                os.write(held.writing, data)
            except OSError:
                return

    def resize(self, held: Held, columns: int, rows: int) -> None:
        if held.writing >= 0 and TERMINAL in held.outputs.values():
            resize(held.writing, columns, rows)

    def kill_all(self) -> bool:
        """Kill everything below; whether anything was there."""
        found = tree.below(os.getpid(), tree.children(tree.read_all()))
        for process in found:
            try:
                os.kill(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return bool(found)

    def reap(self) -> None:
        """Take in the ends of children: leaders of units, and orphans that became ours."""
        ended: list[Held] = []
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            held = self._by_pid.pop(pid, None)
            if held is not None:
                code = os.waitstatus_to_exitcode(status)
                killed = code == -signal.SIGKILL and killed_for_memory()
                held.note_end(128 - code if code < 0 else code, killed)
                ended.append(held)
        if ended or any(held.leader_ended and held.alive for held in self.units.values()):
            self.look()

    def look(self) -> None:
        """See who of the units whose leader has ended is still alive, and go on ending them."""
        open_units = [h for h in self.units.values() if h.leader_ended and h.alive]
        overdue = self._overdue()
        if not open_units and not overdue:
            return
        members = self._members()
        for held in {*open_units, *overdue}:
            before = list(held.members)
            held.members = members.get(held.key, [])
            if held.leader_ended and not held.members:
                self._finish(held)
            elif held in overdue:
                held.signal_all(signal.SIGKILL)
            elif held.stopping and held.leader_ended and set(held.members) - set(before):
                held.signal_all(held.signal)
            if held.alive and held.leader_ended and not before:
                self._changed(held)
        self._look_soon()

    def _overdue(self) -> list[Held]:
        now = time.monotonic()
        return [h for h in self.units.values() if h.alive and h.kill_at and h.kill_at <= now]

    def _look_soon(self) -> None:
        """Look again shortly, as long as something is being ended."""
        ending = any(held.alive and held.stopping for held in self.units.values())
        if not ending:
            self._look_after = FIRST_LOOK
        elif not self._looking:
            self._looking = True
            self._loop.at(time.monotonic() + self._look_after, self._look_again)
            self._look_after = min(2 * self._look_after, LONGEST_LOOK)

    def _look_again(self) -> None:
        self._looking = False
        self.look()
        self._look_soon()

    def _members(self) -> dict[Key, list[int]]:
        """Find the processes of each unit beside its leader, by the tree and by their mark."""
        by_parent = tree.children(tree.read_all())
        by_mark = {held.mark: held.key for held in self.units.values() if held.alive}
        found: dict[Key, list[int]] = {}
        owner: dict[int, Key | None] = {pid: held.key for pid, held in self._by_pid.items()}
        for process in tree.below(os.getpid(), by_parent):
            if process.pid in self._by_pid:
                continue
            key = owner.get(process.parent) or by_mark.get(worn_by(process.pid))
            owner[process.pid] = key
            if key is not None:
                found.setdefault(key, []).append(process.pid)
        return found

    def _finish(self, held: Held) -> None:
        """Nothing of it is alive: store what is left in its pipes, then say so."""
        for descriptor in list(held.outputs):
            while self._read(held, descriptor) > 0:
                continue
            self._loop.forget(descriptor)
        held.close()
        self._changed(held)

    def _reader(self, held: Held, descriptor: int) -> Callable[[int], None]:
        def ready(events: int) -> None:
            if self._read(held, descriptor) == 0:
                self._loop.forget(descriptor)
                if descriptor != held.writing:
                    del held.outputs[descriptor]
                    os.close(descriptor)

        return ready

    def _read(self, held: Held, descriptor: int) -> int:
        """Store one chunk; its size, 0 at the end of the stream, -1 when there is nothing now."""
        try:
            size = os.readv(descriptor, [self._buffer])
        except BlockingIOError:
            return -1
        except OSError:
            return 0  # a terminal whose last user is gone (EIO)
        if size == 0:
            return 0
        data = self._buffer[:size]
        if held.take(held.outputs[descriptor], data):
            enforce_quota([h.writer for h in self.units.values() if h.writer], self.quota)
        if size == FULL_PIPE:
            grow_pipe(descriptor, BUFFER)
        self._output(held, data)
        return size
