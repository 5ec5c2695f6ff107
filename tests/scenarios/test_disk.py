"""A state folder that is full, or cannot be written: said in words, and what runs goes on."""

from __future__ import annotations

import os
import subprocess
from io import RawIOBase

import pytest

from tests.lab.engine import Engine
from tests.scenarios.sandbox import Sandbox, eventually

LOUD = """
services:
  loud:
    image: lab/busybox
    restart: always
    network_mode: none
    volumes: [".:/here"]
    command:
      - sh
      - -c
      - |
        wait_for() { while [ ! -e /here/$$1 ]; do sleep 0.05; done; }
        echo before; wait_for full
        yes | head -c 200000; touch /here/written; wait_for room
        echo after; exec sleep 1000
"""
ONE = "services: {web: {command: sleep TOKEN}}"


@pytest.fixture
def small_disk(sandbox: Sandbox) -> object:
    """A tmpfs of 1 MB as the state folder; needs to be root, as containers of CI are."""
    folder = sandbox.base / "state"
    folder.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", folder], check=True)
    yield folder
    sandbox.close()
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_full_state_folder_loses_nothing_that_runs(sandbox: Sandbox, small_disk: object) -> None:
    sandbox.profile(ONE)
    sandbox.run("up", "-d")
    filler = sandbox.base / "state" / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        fill(file)
    sandbox.profile("services: {web: {command: sleep TOKEN}, more: {command: sleep TOKEN}}")
    refused = sandbox.run("up", "-d", check=False)
    assert refused.returncode == 1
    assert "No space left" in refused.stderr
    assert sandbox.states()["web"] == "ready"
    assert len(sandbox.alive()) == 1
    filler.unlink()
    sandbox.run("up", "-d")
    eventually(lambda: len(sandbox.alive()) == 2)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_service_that_logs_goes_on_while_the_disk_is_full(
    sandbox: Sandbox, small_disk: object
) -> None:
    sandbox.profile("""
services:
  loud:
    command: ["sh", "-c", "yes TOKEN | head -c 8000000; touch done; exec sleep TOKEN"]
""")
    sandbox.run("up", "-d")
    eventually((sandbox.checkout / "done").exists)
    assert sandbox.states() == {"loud": "ready"}
    sandbox.run("down")
    assert sandbox.alive() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_container_that_logs_goes_on_while_the_disk_is_full(
    sandbox: Sandbox, small_disk: object, engine: Engine
) -> None:
    sandbox.extra["DOCKER_HOST"] = engine.host
    sandbox.profile(LOUD)
    sandbox.run("up", "-d")
    daemon, (before,) = sandbox.daemon_pid(), running(sandbox)
    filler = sandbox.base / "state" / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        fill(file)
    sandbox.write("full", "")
    eventually((sandbox.checkout / "written").exists)
    assert sandbox.states() == {"loud": "ready"}
    assert running(sandbox) == [before]
    subprocess.run(("docker", "kill", before), capture_output=True, check=True)
    eventually(lambda: sandbox.service("loud")["restarts"] == 1)
    eventually(lambda: sandbox.states() == {"loud": "ready"})
    filler.unlink()
    sandbox.write("room", "")
    eventually(lambda: "after" in sandbox.run("logs", "loud").stdout)
    told = sandbox.run("logs", "loud").stdout
    assert "before" in told
    assert "bytes of output lost" in told
    assert sandbox.daemon_pid() == daemon
    sandbox.run("down")
    assert running(sandbox) == []


def running(sandbox: Sandbox) -> list[str]:
    """The containers of the environment that run."""
    ours = f"label=dev.devenv.environment={sandbox.status()['environment']['id']}"
    listed = subprocess.run(
        ("docker", "ps", "-q", "--filter", ours), capture_output=True, text=True, check=True
    )
    return listed.stdout.split()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_read_only_home_is_said_in_words(sandbox: Sandbox) -> None:
    sandbox.profile(ONE)
    home = sandbox.base / "home"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", home], check=True)
    try:
        refused = sandbox.run("up", "-d", check=False, extra={"XDG_STATE_HOME": ""})
        assert refused.returncode == 1
        assert "XDG_STATE_HOME" in refused.stderr
        assert "Traceback" not in refused.stderr
    finally:
        subprocess.run(["umount", "-l", home], check=True)


def fill(file: RawIOBase) -> None:
    """Write until the disk is full."""
    while True:
        file.write(b"x" * 4096)
