"""One unit in the keeper's table: its process, its log, and how it ends."""

import os
import signal
import time
from collections.abc import Callable

from devenv.keeper.messages import Message
from devenv.keeper.spawn import Spawned
from devenv.logs.segment import Writer

CLOCK = time.CLOCK_BOOTTIME
RECENT = 64 * 1024
"""Bytes of output that one who attaches is shown first."""


class Held:
    """A unit. ``members`` are the pids of its other processes when last looked for."""

    __slots__ = (
        "attempt",
        "code",
        "ended",
        "fingerprint",
        "finished",
        "folder",
        "generation",
        "index",
        "kill_at",
        "leader_ended",
        "mark",
        "members",
        "out_of_memory",
        "outputs",
        "pid",
        "quota",
        "recent",
        "requested",
        "restarts",
        "service",
        "signal",
        "started",
        "stopping",
        "waiting",
        "watched",
        "writer",
        "writing",
    )

    def __init__(self, row: Message, spawned: Spawned, mark: int) -> None:
        self.service: str = row["service"]
        self.index: int = row["index"]
        self.fingerprint: str = row["fingerprint"]
        self.generation: int = row["generation"]
        self.attempt: int = row["attempt"]
        self.restarts: int = row["restarts"]
        self.folder: str = row["log"]
        self.quota: int = row["quota"]
        self.watched: bool = bool(row.get("tty") or row.get("stdin"))
        self.pid = spawned.pid
        self.outputs = {descriptor: stream for stream, descriptor in spawned.outputs}
        self.writing = spawned.writing
        self.mark = mark
        self.started = time.clock_gettime(CLOCK)
        self.leader_ended = False
        self.finished = False
        self.ended: float | None = None
        self.code = 0
        self.out_of_memory = False
        self.requested = False
        self.stopping = False
        self.signal = signal.SIGTERM
        self.kill_at: float | None = None
        self.members: list[int] = []
        self.waiting: list[tuple[object, int]] = []
        self.recent = bytearray()
        self.writer: Writer | None = None

    @property
    def key(self) -> tuple[str, int]:
        return self.service, self.index

    @property
    def alive(self) -> bool:
        """Whether anything of it is, as far as is known, or has not been stored yet."""
        return not self.finished

    def row(self) -> Message:
        """What the daemon is told of it."""
        return {
            "service": self.service,
            "index": self.index,
            "fingerprint": self.fingerprint,
            "generation": self.generation,
            "attempt": self.attempt,
            "restarts": self.restarts,
            "started": self.started,
            "pid": self.pid,
            "stopping": self.stopping and self.alive,
            "lingering": self.leader_ended and self.alive,
            "ended": self.ended,
            "code": self.code,
            "requested": self.requested,
            "out_of_memory": self.out_of_memory,
        }

    def note_end(self, code: int, out_of_memory: bool) -> None:
        """The leader has ended; ``code`` as a shell says it."""
        self.leader_ended = True
        self.code = code
        self.out_of_memory = out_of_memory
        self.ended = time.clock_gettime(CLOCK)
        self.requested = self.stopping

    def take(self, stream: int, data: memoryview) -> bool:
        """Store output; whether a new segment was begun."""
        if self.writer is None:
            self.writer = Writer(self.folder, self.quota)
        if self.watched:
            self.recent += data
            del self.recent[:-RECENT]
        return self.writer.write(stream, time.time_ns(), data)

    def signal_all(self, number: int) -> None:
        """Send a signal to the leader's group, and to each member outside of it."""
        if not self.leader_ended:
            _send(os.killpg, self.pid, number)
        for pid in self.members:
            _send(os.kill, pid, number)

    def close(self) -> None:
        """Nothing of it is alive: let go of its streams and its log."""
        self.finished = True
        for descriptor in {*self.outputs, self.writing} - {-1}:
            os.close(descriptor)
        self.outputs.clear()
        self.writing = -1
        if self.writer is not None:
            self.writer.close()


def _send(how: Callable[[int, int], None], pid: int, number: int) -> None:
    try:
        how(pid, number)
    except (ProcessLookupError, PermissionError):
        return
