"""One thread, one epoll(7): descriptors with what to do when they are ready, and timers."""

from __future__ import annotations

import heapq
import os
import select
import signal
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

READ = select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR | select.EPOLLRDHUP
WRITE = select.EPOLLOUT


class Loop:
    """Runs until ``stop``; sleeps without a periodic wake-up while nothing happens."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._handlers: dict[int, Callable[[int], None]] = {}
        self._events: dict[int, int] = {}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._sequence = 0
        self._after: dict[Callable[[], None], None] = {}
        self._running = True

    def watch(self, descriptor: int, handler: Callable[[int], None], events: int = READ) -> None:
        """Call ``handler`` with the events whenever some of ``events`` have come."""
        if descriptor not in self._handlers:
            self._epoll.register(descriptor, events)
        elif self._events[descriptor] != events:
            self._epoll.modify(descriptor, events)
        self._handlers[descriptor] = handler
        self._events[descriptor] = events

    def forget(self, descriptor: int) -> None:
        """Watch a descriptor no longer; to be called before it is closed."""
        if self._handlers.pop(descriptor, None) is not None:
            self._epoll.unregister(descriptor)

    def at(self, moment: float, action: Callable[[], None]) -> None:
        """Call ``action`` once, at a moment of CLOCK_MONOTONIC."""
        self._sequence += 1
        heapq.heappush(self._timers, (moment, self._sequence, action))

    def soon(self, action: Callable[[], None]) -> None:
        """Call ``action`` once, after what is ready now has been handled; twice asked is once."""
        self._after[action] = None

    def on_signals(self, actions: dict[int, Callable[[], None]]) -> None:
        """Call an action after its signal has come (signal.set_wakeup_fd)."""
        reading, writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for number in actions:
            signal.signal(number, lambda number, frame: None)

        def came(events: int) -> None:
            for number in set(os.read(reading, 65536)):
                if number in actions:
                    self.soon(actions[number])

        self.watch(reading, came)

    def stop(self) -> None:
        """End ``run``, once what was asked for with ``soon`` is done."""
        self._running = False

    def run(self) -> None:
        while self._running:
            for descriptor, events in self._epoll.poll(self._timeout()):
                handler = self._handlers.get(descriptor)
                if handler is not None:
                    handler(events)
            self._run_timers()
            while self._after:
                after, self._after = self._after, {}
                for action in after:
                    action()

    def _timeout(self) -> float:
        if self._after:
            return 0.0
        return max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else -1.0

    def _run_timers(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            heapq.heappop(self._timers)[2]()
