"""A machine of its own for one contender: folders, environment, and what of it is alive."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks.processes import MARKER, command_line, command_name, kill, marked
from tests.benchmarks.waiting import LateError, eventually, exit_code

CALL_LIMIT = 120.0
GONE_WITHIN = 5.0
DROPPED = ("XDG_", "DEVENV_", "PM2_", "PITCHFORK_", "npm_", "PYTHON", "VIRTUAL_ENV", "PORT", "ROW")


class FailedError(Exception):
    """A contender's command failed; the text holds the end of what it said."""


PASSING = "-m devenv.profile"
"""What a resident daemon starts anew from time to time, beside what it runs for its user."""


class Desk:
    """``folder`` has a short path: sockets lie below it."""

    def __init__(self) -> None:
        self.mark = uuid.uuid4().hex
        self.folder = Path(tempfile.mkdtemp(prefix="bench-"))
        self.work = self._make("work")
        self.home = self._make("home")
        self.state = self._make("state")
        self.runtime = self._make("run")
        self.resident: frozenset[int] = frozenset()
        """Processes that stay from one round to the next."""

    def _make(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(mode=0o700)
        return path

    @property
    def environ(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(DROPPED)}
        return {
            **kept,
            MARKER: self.mark,
            "HOME": str(self.home),
            "XDG_STATE_HOME": str(self.state),
            "XDG_RUNTIME_DIR": str(self.runtime),
        }

    def spawn(
        self, words: Sequence[str], output: Path, extra: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a command and go on; what it says goes to the file ``output``."""
        with output.open("wb") as file:
            return subprocess.Popen(
                words,
                cwd=self.work,
                env={**self.environ, **(extra or {})},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def call(
        self, words: Sequence[str], extra: Mapping[str, str] | None = None, *, check: bool = True
    ) -> bytes:
        """Run a command to its end and return its output; FailedError where it fails."""
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            command = subprocess.Popen(
                words,
                cwd=self.work,
                env={**self.environ, **(extra or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
            )
            code = exit_code(command, within=CALL_LIMIT)
            output.seek(0)
            errors.seek(0)
            printed, complaint = output.read(), errors.read()
        if check and code != 0:
            said = (printed + complaint)[-500:].decode("utf-8", "replace")
            raise FailedError(f"{' '.join(words[-3:])} ended with {code}: {said}")
        return printed

    def note_residents(self) -> None:
        self.resident = frozenset(marked(self.mark))

    def alive(self) -> list[int]:
        """What lives and does not stay from one round to the next."""
        return [pid for pid in marked(self.mark) if not self._stays(pid)]

    def _stays(self, pid: int) -> bool:
        return pid in self.resident or (bool(self.resident) and PASSING in command_line(pid))

    def clear(self) -> list[str]:
        """End what is still there after a contender has cleaned up; say what it was."""
        try:
            eventually(lambda: not self.alive(), "nothing left", within=GONE_WITHIN)
        except LateError:
            left = self.alive()
            names = sorted({command_name(pid) for pid in left})
            kill(left)
            return [f"{len(left)} left ({', '.join(names)})"] if left else []
        return []

    def close(self) -> list[str]:
        """End everything, the residents too, and remove the folder; say what was left."""
        self.resident = frozenset()
        faults = self.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
        return faults
