"""Many clients, many checkouts, many services: one daemon, and nobody's things are mixed up."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import socket
from pathlib import Path

import pytest

from tests.scenarios.sandbox import Sandbox, eventually

THREE = """
services:
  a: {command: sleep TOKEN}
  b: {command: sleep TOKEN, depends_on: [a]}
  c: {command: sleep TOKEN, depends_on: [b]}
"""


def test_eight_clients_at_once_end_in_one_environment(sandbox: Sandbox) -> None:
    sandbox.profile(THREE)
    verbs = [["up", "-d"], ["restart"], ["down"], ["up", "-d"], ["restart", "b"], ["up", "-d"]]
    for _ in range(3):
        clients = [sandbox.spawn(*verb) for verb in (*verbs, ["up", "-d"], ["status"])]
        for client in clients:
            client.communicate(timeout=45)
    sandbox.run("up", "-d")
    assert sandbox.states() == {"a": "ready", "b": "ready", "c": "ready"}
    eventually(lambda: len(sandbox.alive()) == 3)
    sandbox.run("down")
    assert sandbox.alive() == []


@pytest.mark.timeout(300)
def test_of_two_daemons_started_at_once_one_serves(sandbox: Sandbox) -> None:
    for _ in range(30):
        clients = [sandbox.spawn("daemon", "start", "--json") for _ in range(2)]
        ended = [(client.communicate(timeout=30), client.returncode) for client in clients]
        assert [code for _, code in ended] == [0, 0], ended
        (pid,) = {json.loads(said)["daemon"]["pid"] for (said, _), _ in ended}
        os.kill(pid, signal.SIGKILL)


def test_a_stale_socket_is_replaced(sandbox: Sandbox) -> None:
    sandbox.profile(THREE)
    folder = sandbox.runtime / "devenv"
    folder.mkdir(mode=0o700)
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(folder / "daemon.sock"))
    stale.close()
    sandbox.run("up", "-d")
    assert set(sandbox.states().values()) == {"ready"}


def test_two_clones_in_folders_of_one_name_stay_apart(sandbox: Sandbox) -> None:
    sandbox.profile(THREE)
    other = sandbox.base / "elsewhere" / sandbox.checkout.name
    shutil.copytree(sandbox.checkout, other)
    sandbox.run("up", "-d")
    sandbox.run("up", "-d", cwd=other)
    eventually(lambda: len(sandbox.alive()) == 6)
    ids = {one["id"] for one in json.loads(sandbox.run("list", "--json").stdout)["environments"]}
    assert len(ids) == 2
    sandbox.run("down", cwd=other)
    eventually(lambda: len(sandbox.alive()) == 3)
    assert set(sandbox.states().values()) == {"ready"}


def test_a_moved_checkout_keeps_its_environment(sandbox: Sandbox) -> None:
    sandbox.profile(THREE)
    sandbox.run("up", "-d")
    before = sandbox.status()["environment"]["id"]
    moved = sandbox.base / "moved"
    sandbox.checkout.rename(moved)
    status = sandbox.status(cwd=moved)
    assert status["environment"]["id"] == before
    assert {one["state"] for one in status["services"]} == {"ready"}
    sandbox.run("down", cwd=moved)
    assert sandbox.alive() == []
    sandbox.checkout.mkdir()


def test_down_all_takes_down_every_environment(sandbox: Sandbox) -> None:
    sandbox.profile(THREE)
    other = sandbox.base / "other"
    shutil.copytree(sandbox.checkout, other)
    sandbox.run("up", "-d")
    sandbox.run("up", "-d", cwd=other)
    sandbox.run("down", "--all", cwd=sandbox.base)
    assert sandbox.alive() == []


def test_five_hundred_services(sandbox: Sandbox) -> None:
    lines = "".join(f"  s{n}: {{command: sleep TOKEN}}\n" for n in range(500))
    sandbox.profile(f"services:\n{lines}")
    sandbox.run("up", "-d")
    eventually(lambda: len(sandbox.alive()) == 500)
    assert set(sandbox.states().values()) == {"ready"}
    assert len(sandbox.run("logs").stdout) == 0
    sandbox.run("down")
    assert sandbox.alive() == []


def test_the_daemon_may_open_more_files_than_its_services(sandbox: Sandbox) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        sandbox.run("daemon", "start")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    sandbox.profile("""
services:
  web: {command: [sh, -c, "ulimit -Sn; exec sleep TOKEN"], ready: {log: "."}}
  api: {command: sleep TOKEN, ready: {exec: [sh, -c, "sleep 0.1; test $(ulimit -Sn) = 256"]}}
""")
    sandbox.run("up", "-d")
    assert sandbox.run("logs", "web", "--no-prefix").stdout == "256\n"
    daemon = sandbox.daemon_pid()
    assert daemon is not None
    assert resource.prlimit(daemon, resource.RLIMIT_NOFILE) == (hard, hard)


def test_logs_that_cannot_all_be_opened_leave_no_descriptor_behind(sandbox: Sandbox) -> None:
    lines = "".join(f"  s{n}: {{command: sleep TOKEN}}\n" for n in range(30))
    sandbox.profile(f"services:\n{lines}")
    sandbox.run("up", "-d")
    daemon = sandbox.daemon_pid()
    assert daemon is not None
    held = len(os.listdir(f"/proc/{daemon}/fd"))
    before = resource.prlimit(daemon, resource.RLIMIT_NOFILE)
    resource.prlimit(daemon, resource.RLIMIT_NOFILE, (held + 20, before[1]))
    refused = sandbox.run("logs", check=False)
    assert refused.returncode == 1
    assert "Too many open files" in refused.stderr
    resource.prlimit(daemon, resource.RLIMIT_NOFILE, before)
    assert set(sandbox.states().values()) == {"ready"}
    eventually(lambda: len(os.listdir(f"/proc/{daemon}/fd")) <= held)


def test_a_client_of_another_build_brings_its_own_daemon(sandbox: Sandbox) -> None:
    sandbox.profile(THREE)
    sandbox.run("up", "-d")
    daemon, services = sandbox.daemon_pid(), sandbox.pids()
    site = sandbox.base / "other-build"
    import devenv

    shutil.copytree(Path(devenv.__file__).parent, site / "devenv")
    (site / "devenv" / "__init__.py").write_text('"""Another build."""\n\n__version__ = "99"\n')
    sandbox.extra["PYTHONPATH"] = str(site)
    assert set(sandbox.states().values()) == {"ready"}
    assert sandbox.daemon_pid() != daemon
    assert sandbox.pids() == services
