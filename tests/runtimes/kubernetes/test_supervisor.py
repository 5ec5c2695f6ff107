"""A first process of a container, as processes of this machine, in each shell that there is."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from devenv.runtimes.kubernetes.objects.supervisor import supervised
from tests.scenarios.sandbox import eventually

KNOWN = [("dash",), ("bash",), ("busybox", "sh")]
SHELLS = [words for words in KNOWN if shutil.which(words[0])] or [("sh",)]
WITHIN = 45.0
Run = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(params=SHELLS, ids=lambda words: words[0])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Run]:
    """Starts a command under the supervisor; it writes what it does into ``said``."""
    shell: Sequence[str] = request.param
    running: list[subprocess.Popen[bytes]] = []

    def start(script: str, grace: float = 10.0) -> subprocess.Popen[bytes]:
        words = [*shell, *supervised(["sh", "-c", script], grace)[1:]]
        with (tmp_path / "errors").open("wb") as errors:
            running.append(subprocess.Popen(words, cwd=tmp_path, stderr=errors))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()
    for pid in within(tmp_path):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def within(folder: Path) -> list[int]:
    """The processes that work in a folder."""
    found = []
    for one in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            if one.readlink() == folder:
                found.append(int(one.parent.name))
    return found


def lines(tmp_path: Path) -> list[str]:
    said = tmp_path / "said"
    return said.read_text().splitlines() if said.exists() else []


def begun(tmp_path: Path, count: int) -> bool:
    return lines(tmp_path) == ["begun"] * count


def test_the_code_of_the_command_is_that_of_the_container(run: Run) -> None:
    assert run("exit 7").wait(WITHIN) == 7


def test_it_is_started_anew_when_it_is_asked_to_be(run: Run, tmp_path: Path) -> None:
    process = run("echo begun >>said; exec sleep 100")
    for count in (1, 2, 3):
        eventually(partial(begun, tmp_path, count))
        process.send_signal(signal.SIGUSR1)
    eventually(lambda: len(lines(tmp_path)) == 4)
    process.terminate()
    assert process.wait(WITHIN) in {143, -signal.SIGTERM}


def test_what_ignores_to_be_ended_is_killed_after_its_grace(run: Run, tmp_path: Path) -> None:
    process = run("trap '' TERM; echo begun >>said; while :; do sleep 0.1; done", grace=0.2)
    eventually(lambda: lines(tmp_path) == ["begun"])
    process.send_signal(signal.SIGUSR1)
    eventually(lambda: lines(tmp_path) == ["begun", "begun"])


def test_a_signal_to_end_is_passed_on_and_waited_for(run: Run, tmp_path: Path) -> None:
    script = (
        "trap 'echo cleared >>said; exit 5' TERM; echo begun >>said; while :; do sleep 0.1; done"
    )
    process = run(script)
    eventually(lambda: lines(tmp_path) == ["begun"])
    process.terminate()
    assert process.wait(WITHIN) == 5
    assert lines(tmp_path) == ["begun", "cleared"]


def test_what_fails_after_a_save_waits_for_the_next_one(run: Run, tmp_path: Path) -> None:
    process = run("echo begun >>said; [ ! -e broken ] || exit 3; exec sleep 100")
    eventually(lambda: lines(tmp_path) == ["begun"])
    (tmp_path / "broken").touch()
    process.send_signal(signal.SIGUSR1)
    told = "it ended with 3, and is started again after the next save\n"
    eventually(lambda: (tmp_path / "errors").read_text() == told)
    (tmp_path / "broken").unlink()
    process.send_signal(signal.SIGUSR1)
    eventually(lambda: lines(tmp_path) == ["begun"] * 3)


def test_what_it_left_behind_ends_with_it(run: Run, tmp_path: Path) -> None:
    process = run("sleep 1234.5 & echo $! >>said; wait")
    eventually(lambda: len(lines(tmp_path)) == 1)
    process.send_signal(signal.SIGUSR1)
    eventually(lambda: len(lines(tmp_path)) == 2)
    first = Path("/proc") / lines(tmp_path)[0]
    eventually(lambda: not first.exists() or "Z" in (first / "stat").read_text())
