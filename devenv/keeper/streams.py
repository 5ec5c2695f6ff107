"""What goes in and out of units: output to their logs, and what is typed to their input."""

from __future__ import annotations

import os

from devenv.keeper.loop import READ, WRITE, Loop
from devenv.keeper.system import grow_pipe
from devenv.logs.segment import Writer, enforce_quota

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from devenv.keeper.held import Held

BUFFER = 1024 * 1024
FULL_PIPE = 65536
"""A read of so much means that the service writes faster than we read: give it a larger pipe."""


class Streams:
    """Each descriptor that is ready is read once a round, so no service waits for a loud one.

    ``said`` is called with what a unit wrote, ``quota`` is the bytes of all logs together.
    """

    def __init__(self, loop: Loop, said: Callable[[Held, memoryview], None]) -> None:
        self.quota = 2 * 1024**3
        self._loop = loop
        self._said = said
        self._writers: dict[str, Writer] = {}
        self._buffer = memoryview(bytearray(BUFFER))

    def follow(self, held: Held) -> None:
        """Store what a unit writes, until its end."""
        self._writers[held.writer.folder] = held.writer
        for descriptor in held.outputs:
            self._loop.watch(descriptor, self._handler(held, descriptor))

    def let_go(self, held: Held) -> None:
        """Store what is left in the pipes of a unit of which nothing is alive."""
        for descriptor in held.outputs:
            while self._read(held, descriptor):
                pass
        for descriptor in {*held.outputs, held.writing}:
            self._loop.forget(descriptor)

    def type(self, held: Held, data: bytes) -> None:
        """Write to a unit's terminal or standard input, as fast as it reads."""
        if held.type(data):
            self._loop.watch(held.writing, self._handler(held, held.writing), READ | WRITE)

    def _handler(self, held: Held, descriptor: int) -> Callable[[int], None]:
        def ready(events: int) -> None:
            if events & WRITE and not held.type(b""):
                self._written(held, ready)
            if events & READ and descriptor in held.outputs and self._read(held, descriptor) == 0:
                self._end_of(held, descriptor)

        return ready

    def _written(self, held: Held, ready: Callable[[int], None]) -> None:
        """Nothing waits to be written any more: watch for output only."""
        if held.writing in held.outputs:
            self._loop.watch(held.writing, ready)
        else:
            self._loop.forget(held.writing)

    def _read(self, held: Held, descriptor: int) -> int | None:
        """Store one chunk and return its size: 0 at the end, None when there is nothing now."""
        try:
            size = os.readv(descriptor, [self._buffer])
        except BlockingIOError:
            return None
        except OSError:
            return 0
        if size:
            data = self._buffer[:size]
            if held.take(held.outputs[descriptor], data):
                enforce_quota(list(self._writers.values()), self.quota)
            if size == FULL_PIPE:
                grow_pipe(descriptor, BUFFER)
            self._said(held, data)
        return size

    def _end_of(self, held: Held, descriptor: int) -> None:
        self._loop.forget(descriptor)
        del held.outputs[descriptor]
        if descriptor == held.writing:
            held.writing = -1
        os.close(descriptor)
