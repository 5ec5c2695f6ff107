"""Commands that the daemon runs: within their time, and nothing of them stays."""

from __future__ import annotations

import asyncio
import os
import select
import sys
from pathlib import Path

import pytest

from devenv.runtimes.executing import MAX_OUTPUT
from devenv.runtimes.programs import run
from devenv.runtimes.protocol import Outcome

SHELL = "/bin/sh"


def outcome(script: str, *, timeout: float = 20.0, directory: str = "/") -> Outcome:
    return asyncio.run(
        run((SHELL, "-c", script), directory=directory, environment={"A": "b"}, timeout=timeout)
    )


def test_code_and_output_of_both_streams_come_back() -> None:
    assert outcome("echo out; echo err >&2; exit 3") == Outcome(3, "out\nerr")


def test_the_environment_is_the_one_given() -> None:
    assert outcome("echo $A $HOME").output == "b"


def test_a_signal_is_said_as_a_shell_says_it() -> None:
    assert outcome("kill -KILL $$").code == 137


def test_more_output_than_is_looked_at_does_not_stop_it() -> None:
    found = outcome("head -c 3000000 /dev/zero | tr '\\0' x; exit 4")
    assert found.code in {4, 141}
    assert len(found.output) <= MAX_OUTPUT


def test_bytes_that_are_no_text_come_back_readable() -> None:
    assert outcome("printf 'a\\377b'").output == "a\ufffdb"


def test_a_command_that_is_not_there_is_said(tmp_path: Path) -> None:
    absent = str(tmp_path / "absent")
    found = asyncio.run(run((absent,), directory="/", environment={}, timeout=5.0))
    assert found == Outcome(127, f"{absent}: No such file or directory")


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert outcome("true", directory=str(tmp_path / "absent")).code == 127


def test_what_is_over_its_time_is_ended_with_all_of_its_group(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    found = outcome(f"sleep 300 & echo $! $$ > {pids}; wait", timeout=0.5)
    assert found.code is None
    for pid in pids.read_text().split():
        assert is_gone(int(pid))


def test_what_a_command_leaves_behind_is_ended(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    assert outcome(f"sleep 300 & echo $! > {pids}").code == 0
    assert is_gone(int(pids.read_text()))


def is_gone(pid: int) -> bool:
    """Gone, or on its way: a signal that was sent takes a moment to end a process."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 10)[0])
    finally:
        os.close(descriptor)


@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors in /proc")
def test_no_descriptor_is_left() -> None:
    async def scenario() -> tuple[int, int]:
        before = len(os.listdir("/proc/self/fd"))
        for code in range(5):
            await run((SHELL, "-c", f"exit {code}"), directory="/", environment={}, timeout=20.0)
        return before, len(os.listdir("/proc/self/fd"))

    before, after = asyncio.run(scenario())
    assert after == before


def test_the_whole_has_its_complaints_apart() -> None:
    script = "head -c 100000 /dev/zero | tr '\\0' x; echo no >&2; exit 3"
    command = (SHELL, "-c", script)
    environment = {"PATH": os.defpath}
    found = asyncio.run(
        run(command, directory="/", environment=environment, timeout=20.0, whole=True)
    )
    assert found == Outcome(3, "x" * 100000, "no")
