"""Learn that something is written to a log, without looking: the kernel tells it, once."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable

from devenv.logs.source import Source

_MODIFY, _CREATE, _ONESHOT = 0x2, 0x100, 0x80000000
_NOTHING = -1


class Wake:
    """``descriptor`` is readable once something was written after ``arm``; -1: the kernel cannot.

    One message for each arming and folder, however much is written: a busy log costs nothing.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor = int(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))

    def arm(self, sources: Iterable[Source]) -> bool:
        """Ask to be told of the next change in each folder; return whether that is possible."""
        if self.descriptor == _NOTHING:
            return False
        watches = [self._watch(source.folder) for source in sources]
        return _NOTHING not in watches

    def clear(self) -> None:
        """Take the messages away."""
        try:
            while os.read(self.descriptor, 64 * 1024):
                pass
        except OSError:
            return

    def close(self) -> None:
        if self.descriptor != _NOTHING:
            os.close(self.descriptor)
            self.descriptor = _NOTHING

    def _watch(self, folder: int | str) -> int:
        path = f"/proc/self/fd/{folder}" if isinstance(folder, int) else folder
        what = _MODIFY | _CREATE | _ONESHOT
        return int(self._libc.inotify_add_watch(self.descriptor, os.fsencode(path), what))
