"""A host process that the kernel kills for want of memory: told apart from any other SIGKILL."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.sandbox import Sandbox, eventually

FIRST = Path("/sys/fs/cgroup/memory")
"""Where the first version of control groups has those of memory (cgroups(7))."""
LIMIT = 250_000_000
PROFILE = """
services:
  greedy:
    command: ["python3", "-c", "import time; x = bytearray(500_000_000); time.sleep(60)"]
  modest: {command: sleep TOKEN}
"""


@pytest.fixture
def group(sandbox: Sandbox) -> Iterator[Path]:
    """A control group with little memory."""
    is_first = FIRST.is_dir()
    made = (FIRST if is_first else FIRST.parent) / f"devenv-{sandbox.token}"
    made.mkdir()
    (made / ("memory.limit_in_bytes" if is_first else "memory.max")).write_text(str(LIMIT))
    yield made
    sandbox.close()
    eventually(lambda: not (made / "cgroup.procs").read_text())
    made.rmdir()


@pytest.mark.skipif(
    not os.access(FIRST if FIRST.is_dir() else FIRST.parent, os.W_OK),
    reason="control groups cannot be made here",
)
def test_a_process_that_has_no_memory_left_is_told_apart(sandbox: Sandbox, group: Path) -> None:
    sandbox.profile(PROFILE)
    inside = ["sh", "-c", 'echo $$ > "$0"; exec "$@"', str(group / "cgroup.procs")]
    start = [*inside, *sandbox.command("daemon", "start")]
    subprocess.run(start, env=sandbox.environ, check=True, capture_output=True)
    sandbox.run("up", "-d", check=False)
    eventually(lambda: sandbox.states()["greedy"] == "failed")
    os.kill(sandbox.pids()["modest"], signal.SIGKILL)
    eventually(lambda: sandbox.states()["modest"] == "failed")
    reasons = {one["name"]: one["reason"] for one in sandbox.status()["services"]}
    assert reasons == {"greedy": "exit code 137, out of memory", "modest": "exit code 137"}
