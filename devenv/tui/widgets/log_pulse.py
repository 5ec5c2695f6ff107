"""When to look for news: once a frame while it comes, and not at all while nothing does.

Nor while another screen is shown; one that is modal covers but a part.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from time import perf_counter

from textual.timer import Timer
from textual.widget import Widget

from devenv.logs.source import Source
from devenv.logs.wake import Wake

FRAME = 1 / 30
_LOOK_EVERY = 0.5
"""Seconds between two looks where the kernel does not tell of news."""


class Pulse:
    """Calls ``look``, which says whether there was something, in the rhythm of frames.

    Where the machine is slow it does so less often: keys come first.
    """

    def __init__(self, widget: Widget, look: Callable[[], bool]) -> None:
        self._widget = widget
        self._look = look
        self._sources: Sequence[Source] = ()
        self._timer: Timer | None = None
        self._wake = Wake()
        if self._wake.descriptor >= 0:
            asyncio.get_running_loop().add_reader(self._wake.descriptor, self._woken)
        widget.app.screen_change_signal.subscribe(widget, lambda screen: self._beat())

    def watch(self, sources: Sequence[Source]) -> None:
        """Look at these from now on."""
        self._sources = sources
        self._beat()

    def close(self) -> None:
        if self._wake.descriptor >= 0:
            asyncio.get_running_loop().remove_reader(self._wake.descriptor)
        self._wake.close()
        self._sources = ()
        self._stop()

    def _woken(self) -> None:
        self._wake.clear()
        if self._timer is None:
            self._beat()

    @property
    def _is_seen(self) -> bool:
        return self._widget.screen.is_active or self._widget.app.screen.is_modal

    def _beat(self) -> None:
        self._stop()
        if not self._is_seen:
            return
        begun = perf_counter()
        if self._look():
            pause = max(FRAME, 2 * (perf_counter() - begun))
            self._timer = self._widget.set_timer(pause, self._beat)
        elif not self._wake.arm(self._sources):
            self._timer = self._widget.set_timer(_LOOK_EVERY, self._beat)
        elif self._look():  # it may have come before the kernel was asked
            self._timer = self._widget.set_timer(FRAME, self._beat)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
