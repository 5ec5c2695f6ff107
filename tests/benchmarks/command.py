"""The time of one command, from before it is started until it has ended."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from tests.benchmarks.contenders import Service
from tests.benchmarks.desk import CALL_LIMIT, Desk, FailedError
from tests.benchmarks.waiting import exit_code

BARE = "bare Python"
BARE_COMMAND = (sys.executable, "-c", "pass")


def sleepers(count: int) -> dict[str, Service]:
    """Services that do nothing."""
    return {f"s{number}": Service("exec sleep 100000") for number in range(count)}


def timed(desk: Desk, words: Sequence[str]) -> tuple[float, bytes]:
    """Return the seconds and what it printed, which goes to a file: nobody reads while it runs."""
    environ = desk.environ
    with tempfile.TemporaryFile() as said:
        begun = time.perf_counter()
        command = subprocess.Popen(
            words, cwd=desk.work, env=environ, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        code = exit_code(command, within=CALL_LIMIT)
        seconds = time.perf_counter() - begun
        said.seek(0)
        text = said.read()
    if code != 0:
        raise FailedError(f"{words[-1]} ended with {code}: {text[-500:]!r}")
    return seconds, text
