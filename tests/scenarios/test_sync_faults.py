"""Files follow through what goes wrong with the daemon, the way into a container, and its disk."""

from __future__ import annotations

import hashlib
import json
import os
import signal

import pytest

from tests.lab.engine import Engine
from tests.scenarios.following import COMPOSE, container, docker, hashes, inside, project, receivers
from tests.scenarios.sandbox import Sandbox, eventually

MANY = 600


def local(sandbox: Sandbox) -> dict[str, str]:
    source = sandbox.checkout / "src"
    return {
        str(path.relative_to(source)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in source.rglob("*")
        if path.is_file()
    }


def test_a_daemon_killed_within_a_burst_loses_nothing(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine)
    sandbox.run("up", "-d")
    sandbox.write("src/page", "two")
    eventually(lambda: inside(sandbox, "page") == "two")
    for number in range(MANY):
        sandbox.write(f"src/d{number % 7}/f{number}", f"{number}" * 100)
        if number == MANY // 2:
            sandbox.kill_daemon()
    sandbox.write("src/page", "three")
    (sandbox.checkout / "src" / "d0" / "f0").unlink()
    sandbox.run("status")
    eventually(lambda: hashes(sandbox) == local(sandbox), within=60)


def test_a_daemon_that_slept_while_its_connections_were_dropped_goes_on(
    sandbox: Sandbox, engine: Engine
) -> None:
    project(sandbox, engine)
    sandbox.run("up", "-d")
    sandbox.write("src/page", "two")
    eventually(lambda: inside(sandbox, "page") == "two")
    daemon = sandbox.daemon_pid()
    assert daemon is not None
    connected = receivers(sandbox)
    os.kill(daemon, signal.SIGSTOP)
    try:
        for pid in connected:
            os.kill(pid, signal.SIGKILL)
        sandbox.write("src/page", "saved while it slept")
        sandbox.write("src/new/page", "made while it slept")
    finally:
        os.kill(daemon, signal.SIGCONT)
    eventually(lambda: hashes(sandbox) == local(sandbox))
    assert sandbox.daemon_pid() == daemon


def mounted(sandbox: Sandbox, engine: Engine, keys: str) -> None:
    """A container with other keys, and its files."""
    project(sandbox, engine)
    written = COMPOSE.format(image="lab/busybox:1", user="", action="sync")
    sandbox.write("compose.yaml", written.replace("    init: true\n", f"    init: true\n{keys}"))


def reason(sandbox: Sandbox) -> str:
    """What `sync status` says of the target, and of its files."""
    (rule,) = json.loads(sandbox.run("sync", "status", "--json").stdout)["rules"]
    said = [one["reason"] for one in rule["targets"]]
    said += [problem["why"] for one in rule["targets"] for problem in one["problems"]]
    return " ".join(said)


def test_a_read_only_root_says_why_nothing_arrives(sandbox: Sandbox, engine: Engine) -> None:
    mounted(sandbox, engine, "    read_only: true\n")
    sandbox.run("up", "-d")
    sandbox.write("src/page", "two")
    eventually(lambda: "Read-only file system" in reason(sandbox))


@pytest.mark.parametrize("mount", ["tmpfs: [/srv/app]", "volumes: ['files:/srv/app']"])
def test_a_read_only_root_gets_its_files_where_it_may_be_written_to(
    sandbox: Sandbox, engine: Engine, mount: str
) -> None:
    mounted(sandbox, engine, f"    read_only: true\n    {mount}\n")
    if mount.startswith("volumes"):
        compose = sandbox.checkout / "compose.yaml"
        compose.write_text(compose.read_text() + "volumes: {files: {}}\n")
    sandbox.run("up", "-d")
    sandbox.write("src/page", "two")
    eventually(lambda: inside(sandbox, "page") == "two")
    sandbox.run("down", "--volumes", check=False)


def test_a_full_disk_in_the_container_is_told_and_got_over(
    sandbox: Sandbox, engine: Engine
) -> None:
    mounted(sandbox, engine, "    tmpfs: ['/srv/app:size=1m']\n")
    sandbox.run("up", "-d")
    sandbox.write("src/page", "two")
    eventually(lambda: inside(sandbox, "page") == "two")
    huge = sandbox.checkout / "src" / "huge"
    huge.write_bytes(os.urandom(3_000_000))
    eventually(lambda: "No space left" in reason(sandbox))
    assert inside(sandbox, "page") == "two"
    huge.unlink()
    sandbox.write("src/page", "three")
    eventually(lambda: inside(sandbox, "page") == "three")
    listed = docker(sandbox, "exec", container(sandbox), "ls", "/srv/app")
    assert listed.split() == ["page"]
