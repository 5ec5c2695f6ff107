"""The daemon's one reader of file events, made when the first session needs it."""

from __future__ import annotations

from devenv.errors import DevenvError
from devenv.sync.watch.watcher import Watcher


class Watching:
    """Made at the first use: a daemon that syncs nothing holds no descriptor for it."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._watcher: Watcher | None = None

    def watcher(self) -> Watcher:
        """Raises DevenvError where the system has no room for it."""
        if self._watcher is None:
            try:
                self._watcher = Watcher(self._folder)
            except OSError as error:
                raise DevenvError(
                    f"files cannot be watched: {error.strerror}",
                    "raise the limit: sysctl fs.inotify.max_user_instances=1024",
                ) from error
        return self._watcher

    def close(self) -> None:
        if self._watcher is not None:
            self._watcher.close()
