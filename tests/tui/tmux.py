"""A real terminal: a tmux of its own with one program in it, keys sent, the screen read."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

WITHIN = 40.0


class Tmux:
    """Runs ``command`` in a window of ``size`` columns and rows."""

    def __init__(
        self,
        folder: Path,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        cwd: Path,
        size: tuple[int, int] = (100, 30),
    ) -> None:
        assert shutil.which("tmux"), "this test needs tmux (Debian, Ubuntu: apt install tmux)"
        self._socket = str(folder / "tmux")
        variables = [f"{name}={value}" for name, value in environ.items()]
        # What is left of it can still be read when it has ended.
        line = f"{shlex.join(['env', *variables, *command])}; echo ended with $?; exec cat"
        columns, rows = (str(number) for number in size)
        start = ("new-session", "-d", "-s", "it", "-x", columns, "-y", rows, "-c", str(cwd), line)
        self._tmux("-f", "/dev/null", *start)

    def __enter__(self) -> Tmux:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tmux("kill-server")

    def type(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self._tmux("send-keys", "-t", "it", *keys)

    def resize(self, columns: int, rows: int) -> None:
        self._tmux("resize-window", "-t", "it", "-x", str(columns), "-y", str(rows))

    def screen(self) -> str:
        """What is to be seen now."""
        return self._tmux("capture-pane", "-p", "-t", "it")

    def shows(self, pattern: str, within: float = WITHIN) -> str:
        """Wait until the screen matches a regular expression; the screen."""
        end = time.monotonic() + within
        while not re.search(pattern, shown := self.screen()):
            assert time.monotonic() < end, f"{pattern!r} is not in:\n{shown}"
            time.sleep(0.05)
        return shown

    def _tmux(self, *words: str) -> str:
        command = ("tmux", "-S", self._socket, *words)
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
