"""One unit in the keeper's table: its process, its streams, its log, and how it ends."""

from __future__ import annotations

import os
import signal
import time

from devenv.keeper import tree
from devenv.logs.segment import STDERR, Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from devenv.keeper.connection import Connection, Message
    from devenv.keeper.spawn import Spawned

RECENT = 64 * 1024
"""Bytes of output that one who attaches is shown first."""
MOST_INPUT = 1024 * 1024
"""Bytes of input that wait for a service which does not read; more are dropped."""
_COPIED = ("service", "index", "fingerprint", "generation", "attempt", "restarts")


class Held:
    """A unit. ``orphans`` are those of its processes whose parent is the keeper now."""

    def __init__(self, order: Message, name: str, mark: int) -> None:
        self.asked = {field: order[field] for field in _COPIED}
        self.key: tuple[str, int] = (order["service"], order["index"])
        self.name = name
        self.mark = mark
        self.terminal = bool(order.get("tty"))
        self.writer = Writer(order["log"], order["quota"])
        self.pid: int | None = None
        self.outputs: dict[int, int] = {}
        self.writing = -1
        self.typed = bytearray()
        self.recent = bytearray()
        self.started = 0.0
        self.running = False
        """The leader has not ended."""
        self.orphans: set[int] = set()
        self.exit: Message | None = None
        self.refusal = ""
        """Why it could not be run, in words."""
        self.stopping = False
        self.kill_at = 0.0
        self.waiting: list[tuple[Connection, int]] = []
        """Requests to be answered when nothing of it is alive."""
        self._signal = int(signal.SIGTERM)
        self._told: set[int] = set()

    def begin(self, spawned: Spawned) -> None:
        """It was started; or it could not be, and has ended already."""
        self.started = time.clock_gettime(time.CLOCK_BOOTTIME)
        self.pid, self.refusal = spawned.pid, spawned.refusal
        self.outputs, self.writing = spawned.outputs, spawned.writing
        self.running = self.pid is not None
        if self.refusal:
            self.note_end(spawned.code, out_of_memory=False)
            said = f"devenv: {self.refusal}\n".encode("utf-8", "surrogateescape")
            self.writer.write(STDERR, time.time_ns(), said)
            self.writer.close()

    @property
    def alive(self) -> bool:
        """Whether anything of it is."""
        return self.running or bool(self.orphans)

    def row(self) -> Message:
        """Say what the daemon is told of it."""
        return {
            **self.asked,
            "pid": self.pid,
            "mark": self.mark,
            "started": self.started,
            "stopping": self.stopping and self.alive,
            "lingering": not self.running and bool(self.orphans),
            "exit": self.exit,
            "refusal": self.refusal,
        }

    def note_end(self, code: int, *, out_of_memory: bool) -> None:
        """The leader has ended; ``code`` is negative for a signal."""
        self.running = False
        self.exit = {
            "code": 128 - code if code < 0 else code,
            "at": time.clock_gettime(time.CLOCK_BOOTTIME),
            "requested": self.stopping,
            "out_of_memory": out_of_memory,
        }

    def begin_stop(self, number: int, kill_at: float) -> None:
        """Ask everything of it to end; asked again, only the time to wait can become shorter."""
        self.kill_at = min(self.kill_at, kill_at) if self.stopping else kill_at
        if not self.stopping:
            self.stopping = True
            self._signal = number
            self.signal_new()

    def signal_new(self) -> None:
        """Signal each process group of it that was not yet: by force, once its time is over."""
        if not self.stopping:
            return
        if time.monotonic() >= self.kill_at and self._signal != signal.SIGKILL:
            self._signal = int(signal.SIGKILL)
            self._told.clear()
        forced = self._signal == signal.SIGKILL
        groups = {process.group for pid in self.orphans if (process := tree.read(pid))}
        if self.running and self.pid is not None:
            groups.add(self.pid)
        for group in groups - self._told:
            self._told.add(group)
            send(os.killpg, group, self._signal) or send(os.kill, group, self._signal)
            send(os.killpg, group, signal.SIGCONT)
        if forced:
            for pid in self.orphans:
                send(os.kill, pid, signal.SIGKILL)

    def take(self, stream: int, data: memoryview) -> bool:
        """Store output; whether a new segment was begun."""
        room = RECENT if self.terminal else RECENT // 4
        self.recent += data[-room:]
        del self.recent[:-room]
        return self.writer.write(stream, time.time_ns(), data)

    def type(self, data: bytes) -> bool:
        """Write to its input; whether some of it has to wait."""
        if self.writing < 0 or len(self.typed) > MOST_INPUT:
            return False
        self.typed += data
        try:
            del self.typed[: os.write(self.writing, self.typed)]
        except BlockingIOError:
            return True
        except OSError:
            self.typed.clear()
        return bool(self.typed)

    def close(self) -> None:
        """Let go of its streams and its log."""
        for descriptor in {*self.outputs, self.writing} - {-1}:
            os.close(descriptor)
        self.outputs = {}
        self.writing = -1
        self.writer.close()


def send(how: Callable[[int, int], None], target: int, number: int) -> bool:
    """Send a signal by ``how``; whether somebody was there that we may signal."""
    try:
        how(target, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
