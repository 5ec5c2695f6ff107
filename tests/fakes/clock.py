"""A loop whose time can be made to pass: what takes a minute is tested in a moment."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
MOMENT, STRIDE = 0.01, 1.0
"""Seconds that sockets have to say something before time passes, and by how much it does then."""


class Selector(selectors.DefaultSelector):
    """``passed``: seconds that nobody has waited for. ``hurried``: nobody is to wait now.

    ``at_work``: how much is done in threads, which takes the time that it takes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0
        self.hurried = False
        self.at_work = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if not self.hurried or self.at_work or timeout is None or timeout <= MOMENT:
            return super().select(timeout)
        found = super().select(MOMENT)
        if not found:
            self.passed += min(timeout, STRIDE) - MOMENT
        return found


class Loop(asyncio.SelectorEventLoop):
    """Its time is the real one; while it is ``hurried``, it passes where there is nothing to do."""

    def __init__(self) -> None:
        self._waiting = Selector()
        super().__init__(self._waiting)

    def time(self) -> float:
        return super().time() + self._waiting.passed

    def run_in_executor(  # type: ignore[override] # whatever it is given, it passes on
        self, executor: Any, func: Any, *args: Any
    ) -> asyncio.Future[Any]:
        done = super().run_in_executor(executor, func, *args)
        self._waiting.at_work += 1
        done.add_done_callback(self._has_worked)
        return done

    def _has_worked(self, done: asyncio.Future[Any]) -> None:
        self._waiting.at_work -= 1

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Let time pass where nothing is left to do: for what waits for sockets of this loop."""
        self._waiting.hurried = True
        try:
            yield
        finally:
            self._waiting.hurried = False


def run(test: Coroutine[Any, Any, T], *, hurried: bool = False) -> T:
    """As ``asyncio.run``, on such a loop."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, Loop)
        if not hurried:
            return runner.run(test)
        with loop.hurried():
            return runner.run(test)
