"""SIGKILL of the daemon, the keeper, or both, at every step; what runs never notices the first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devenv.api.client import Client
from devenv.api.targets import environment_target
from tests.runtimes.processes import lives
from tests.scenarios.sandbox import Sandbox, eventually

TWO = """
services:
  db: {command: sleep TOKEN, ready: {exec: ["true"]}}
  web:
    command: ["sh", "-c", "trap 'exit 0' TERM; sleep TOKEN & wait"]
    depends_on: {db: {condition: service_healthy}}
"""
UP = ["up.loaded", "store.written", "up.taken", "prepare", "prepared", "start", "started"]
DOWN = ["down.taken", "store.written", "stop", "stopped", "remove", "removed", "discarded"]


def with_failpoint(sandbox: Sandbox, name: str) -> None:
    """Start a daemon that dies at ``name``; the next one will not."""
    sandbox.run("daemon", "stop", check=False)
    sandbox.run("daemon", "start", extra={"DEVENV_FAILPOINT": f"{name}:kill"})


@pytest.mark.parametrize("failpoint", UP)
def test_up_ends_well_though_the_daemon_is_killed_at(sandbox: Sandbox, failpoint: str) -> None:
    sandbox.profile(TWO)
    with_failpoint(sandbox, failpoint)
    first = sandbox.daemon_pid()
    sandbox.run("up", "-d")
    assert sandbox.daemon_pid() != first
    assert sandbox.states() == {"db": "ready", "web": "ready"}
    eventually(lambda: len(sandbox.alive()) == 3)
    sandbox.run("down")
    assert sandbox.alive() == []


@pytest.mark.parametrize("failpoint", DOWN)
def test_down_leaves_nothing_though_the_daemon_is_killed_at(
    sandbox: Sandbox, failpoint: str
) -> None:
    sandbox.profile(TWO)
    sandbox.run("up", "-d")
    with_failpoint(sandbox, failpoint)
    first = sandbox.daemon_pid()
    sandbox.run("down")
    assert sandbox.daemon_pid() != first
    assert sandbox.alive() == []
    eventually(lambda: not sandbox.keepers() or len(sandbox.keepers()) == 1)
    assert set(sandbox.states().values()) == {"stopped"}


@pytest.mark.parametrize("failpoint", ["discarded", "data.removed"])
def test_data_is_gone_though_the_daemon_is_killed_at(sandbox: Sandbox, failpoint: str) -> None:
    sandbox.profile(TWO)
    sandbox.run("up", "-d")
    (desired,) = sandbox.state.glob("*/desired.json")
    kept = desired.parent / "data" / "db" / "rows"
    kept.parent.mkdir(parents=True)
    kept.write_text("1")
    with_failpoint(sandbox, failpoint)
    first = sandbox.daemon_pid()
    assert first is not None
    target = environment_target(desired.parent.name)
    with Client(sandbox.environ, start=False) as client:  # the command would ask again
        client.call("down", {"target": target, "volumes": True}, tries=1)
    eventually(lambda: not lives(first))
    assert desired.exists()
    sandbox.run("daemon", "start")
    eventually(lambda: not kept.exists() and not desired.exists())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_data_that_cannot_be_removed_is_said(sandbox: Sandbox) -> None:
    sandbox.profile(TWO)
    sandbox.run("up", "-d")
    (desired,) = sandbox.state.glob("*/desired.json")
    held = desired.parent / "data" / "db"
    held.mkdir(parents=True)
    with mounted(held):
        refused = sandbox.run("down", "--volumes", "--yes", "--timeout", "3s", check=False)
        assert refused.returncode != 0
        assert str(held.parent) in refused.stderr
        assert desired.exists()
    sandbox.run("down", "--volumes", "--yes")
    assert not held.exists()


def test_services_do_not_notice_that_the_daemon_died(sandbox: Sandbox) -> None:
    sandbox.profile(TWO)
    sandbox.run("up", "-d")
    before = sandbox.pids()
    sandbox.kill_daemon()
    assert sandbox.states() == {"db": "ready", "web": "ready"}
    assert sandbox.pids() == before


def test_what_happened_outlives_the_daemon_and_is_told_once(sandbox: Sandbox) -> None:
    sandbox.profile(TWO)
    sandbox.run("up", "-d")
    before = sandbox.run("events").stdout
    assert before
    sandbox.kill_daemon()
    assert sandbox.states() == {"db": "ready", "web": "ready"}
    assert sandbox.run("events").stdout == before
    sandbox.run("stop", "web")
    after = sandbox.run("events").stdout
    assert after.startswith(before)
    assert "db" not in after.removeprefix(before)


def test_a_service_that_ended_while_there_was_no_daemon_is_seen(sandbox: Sandbox) -> None:
    sandbox.profile("services: {web: {command: sleep TOKEN, restart: on-failure}}")
    sandbox.run("up", "-d")
    pid = sandbox.pids()["web"]
    sandbox.kill_daemon()
    os.kill(pid, signal.SIGKILL)
    sandbox.run("daemon", "start")
    eventually(lambda: sandbox.service("web")["state"] == "ready")
    assert sandbox.service("web")["restarts"] == 1


def test_a_dead_keeper_is_replaced_once(sandbox: Sandbox) -> None:
    sandbox.profile(TWO)
    sandbox.run("up", "-d")
    before = sandbox.pids()
    kill_keeper_of(sandbox, before["db"])
    eventually(lambda: set(sandbox.states().values()) == {"ready"} and sandbox.pids() != before)
    eventually(lambda: len(sandbox.alive()) == 3)
    assert "keeper" in sandbox.run("events").stdout
    kill_keeper_of(sandbox, sandbox.pids()["db"])
    eventually(lambda: set(sandbox.states().values()) == {"stopped"})
    assert "keeper" in sandbox.run("status").stderr
    eventually(lambda: sandbox.alive() == [])


def test_nothing_is_left_when_daemon_and_keeper_die(sandbox: Sandbox) -> None:
    sandbox.profile("""
services:
  web: {command: sleep TOKEN}
  escaped:
    command: ["sh", "-c", "setsid sh -c 'setsid env -i sleep TOKEN & exit' & sleep TOKEN"]
""")
    sandbox.run("up", "-d")
    eventually(lambda: len(sandbox.alive()) >= 4)
    daemon = sandbox.daemon_pid()
    assert daemon is not None
    keeper = keeper_of(sandbox.pids()["web"])
    os.kill(daemon, signal.SIGKILL)
    os.kill(keeper, signal.SIGKILL)
    eventually(lambda: sandbox.daemon_pid() is None)
    status = sandbox.status()
    assert {one["state"] for one in status["services"]} == {"stopped"}
    assert "keeper" in status["notice"]
    sandbox.run("up", "-d")
    sandbox.run("down")
    eventually(lambda: sandbox.alive() == [])


def test_a_keeper_that_does_not_answer_at_once_is_taken_up_when_it_does(sandbox: Sandbox) -> None:
    sandbox.profile(TWO)
    sandbox.run("up", "-d")
    before = sandbox.pids()
    with silent(keeper_of(before["db"])):
        sandbox.kill_daemon()
        shown = sandbox.run("status")
        assert "does not answer" in shown.stderr
    eventually(lambda: sandbox.states() == {"db": "ready", "web": "ready"})
    assert sandbox.pids() == before
    assert sandbox.status()["notice"] == ""
    sandbox.run("down")
    assert sandbox.alive() == []


def test_down_waits_for_a_keeper_that_does_not_answer(sandbox: Sandbox) -> None:
    sandbox.profile(TWO)
    sandbox.run("up", "-d")
    with silent(keeper_of(sandbox.pids()["db"])):
        sandbox.kill_daemon()
        late = sandbox.run("down", "--timeout", "0.5s", check=False)
        assert late.returncode == 124
        eventually(lambda: len(sandbox.alive()) == 3)
    sandbox.run("down")
    assert sandbox.alive() == []


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text("{")])
def test_what_no_desired_state_wants_is_stopped(
    sandbox: Sandbox, damage: Callable[[Path], object]
) -> None:
    sandbox.profile(TWO)
    sandbox.run("up", "-d")
    sandbox.kill_daemon()
    (desired,) = sandbox.state.glob("*/desired.json")
    damage(desired)
    sandbox.run("daemon", "start")
    eventually(lambda: sandbox.alive() == [])
    assert "was stopped" in sandbox.run("status").stderr
    sandbox.run("up", "-d")
    assert sandbox.states() == {"db": "ready", "web": "ready"}


@contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """Have a folder be in use."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@contextmanager
def silent(keeper: int) -> Iterator[None]:
    """Have a keeper stand still."""
    os.kill(keeper, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(keeper, signal.SIGCONT)


def kill_keeper_of(sandbox: Sandbox, pid: int) -> None:
    os.kill(keeper_of(pid), signal.SIGKILL)


def keeper_of(pid: int) -> int:
    """The parent of a service's process."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def test_a_daemon_comes_up_though_who_started_it_has_gone(sandbox: Sandbox) -> None:
    sandbox.run("daemon", "stop", check=False)
    reading, writing = os.pipe()
    os.close(reading)
    words = ("-P", "-m", "devenv.daemon", "--ready-fd", str(writing))
    with subprocess.Popen([sys.executable, *words], env=sandbox.environ, pass_fds=[writing]) as one:
        os.close(writing)
        eventually(lambda: sandbox.daemon_pid() == one.pid)
        sandbox.run("daemon", "stop")
