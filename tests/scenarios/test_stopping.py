"""``down`` leaves no process of the environment, whatever it forked and however it was asked."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys

import pytest

from tests.scenarios.sandbox import Sandbox, eventually

TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes standard input the controlling terminal (ioctl_tty(2)), then runs a command."""

STUBBORN = {
    "a child that ignores TERM": "trap '' TERM; while :; do sleep TOKEN; done",
    "a leader that ends while its group lives": "trap '' TERM; sleep TOKEN & exit 0",
    "a double fork into a session of its own, environment wiped": (
        "setsid sh -c 'env -i setsid sleep TOKEN &' & exec sleep TOKEN"
    ),
}


def profile(script: str) -> str:
    command = json.dumps(["sh", "-c", script])
    return f"services: {{web: {{command: {command}, stop_grace_period: 300ms}}}}"


@pytest.mark.parametrize("script", STUBBORN.values(), ids=STUBBORN.keys())
def test_down_leaves_nothing_of(sandbox: Sandbox, script: str) -> None:
    sandbox.profile(profile(script))
    client = sandbox.spawn("up", "-d")
    eventually(sandbox.alive)
    client.communicate()
    sandbox.run("down")
    assert sandbox.alive() == []


@pytest.mark.parametrize("script", STUBBORN.values(), ids=STUBBORN.keys())
def test_restart_leaves_nothing_of_the_run_before(sandbox: Sandbox, script: str) -> None:
    sandbox.profile(profile(script))
    client = sandbox.spawn("up", "-d")
    eventually(sandbox.alive)
    before = set(sandbox.alive())
    client.communicate()
    sandbox.run("restart", "web", check=False)
    eventually(lambda: not before & set(sandbox.alive()))


def test_a_closed_terminal_leaves_the_environment_up(sandbox: Sandbox) -> None:
    sandbox.profile("services: {web: {command: sleep TOKEN, ready: {file: never}}}")
    leader, follower = pty.openpty()
    client = subprocess.Popen(
        [sys.executable, "-c", TAKE_TERMINAL, *sandbox.command("up")],
        cwd=sandbox.checkout,
        env=sandbox.environ,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)
    eventually(sandbox.alive)
    os.close(leader)
    client.wait(timeout=10)
    assert sandbox.states() == {"web": "running"}
    assert len(sandbox.alive()) == 1


def test_the_first_interrupt_leaves_the_work_to_the_daemon_the_second_ends_the_wait(
    sandbox: Sandbox,
) -> None:
    sandbox.profile("services: {web: {command: sleep TOKEN, ready: {file: never}}}")
    client = sandbox.spawn("up", "-d")
    eventually(sandbox.alive)
    client.send_signal(signal.SIGINT)
    assert client.stderr is not None
    said = iter(client.stderr.readline, "")
    assert any("devenv down" in line for line in said)
    client.send_signal(signal.SIGINT)
    assert client.wait(timeout=10) == 130
    client.communicate()
    assert len(sandbox.alive()) == 1


def test_an_interrupted_down_goes_on_in_the_daemon(sandbox: Sandbox) -> None:
    sandbox.profile("""
services:
  web: {command: ["sh", "-c", "trap '' TERM; sleep TOKEN; sleep TOKEN"], stop_grace_period: 2s}
""")
    sandbox.run("up", "-d")
    client = sandbox.spawn("down")
    eventually(lambda: sandbox.service("web")["state"] == "stopping")
    client.kill()
    client.communicate()
    eventually(lambda: sandbox.alive() == [])
