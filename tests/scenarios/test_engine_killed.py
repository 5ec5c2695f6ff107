"""An engine of the test's own is killed and started again, while services run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.lab.engine import Engine
from tests.scenarios.sandbox import Sandbox, eventually, processes_with

pytestmark = pytest.mark.timeout(180)

PROFILE = """
services:
  again: {image: "lab/busybox:1", command: sleep 1000, network_mode: none, restart: always}
  once: {image: "lab/busybox:1", command: sleep 1000, network_mode: none}
  page: {command: sleep TOKEN}
"""


@dataclass
class OwnEngine:
    """In a network of its own, so that the machine's rules for packets stay as they are."""

    folder: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"unix://{self.folder}/engine.sock"

    def start(self) -> None:
        name, at = self.folder.name, self.folder
        (at / "daemon.json").write_text("{}")
        # Where nobody reaps them, their numbers look as if they were alive.
        for left in (at / "pid", at / "exec" / "containerd" / "containerd.pid"):
            left.unlink(missing_ok=True)
        words = f"""
            unshare --net -- dockerd --host {self.host} --pidfile {at}/pid --bridge none
            --data-root {at}/data --exec-root {at}/exec --config-file {at}/daemon.json
            --containerd-namespace {name} --containerd-plugins-namespace {name}-plugins
            --iptables=false --ip6tables=false --cgroup-parent /{name} --oom-score-adjust 0
            --storage-driver vfs
        """
        with open(at / "log", "ab") as log:
            self.started.append(
                subprocess.Popen(words.split(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            )
        eventually(lambda: self.docker("version").returncode == 0)

    def kill(self) -> None:
        self.started[-1].kill()
        self.started[-1].wait()

    def docker(self, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        whole = ("docker", "--host", self.host, *words)
        return subprocess.run(whole, input=stdin, capture_output=True, check=False)

    def close(self) -> None:
        """End it with all that it has started; nobody else names this folder."""
        for container in self.docker("ps", "-aq").stdout.decode().split():
            self.docker("rm", "-f", container)
        for pid in processes_with(str(self.folder)):
            os.kill(pid, signal.SIGKILL)
        for one in self.started:
            one.wait()
        eventually(lambda: not processes_with(str(self.folder)))
        mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        for mounted in reversed([one for one in mounts if one.startswith(str(self.folder))]):
            subprocess.run(("umount", "--lazy", mounted), check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def own_engine(engine: Engine) -> Iterator[OwnEngine]:
    made = OwnEngine(Path(tempfile.mkdtemp(prefix="dvengine", dir="/tmp")))
    try:
        made.start()
        saved = subprocess.run(("docker", "save", "lab/busybox:1"), capture_output=True, check=True)
        assert made.docker("load", stdin=saved.stdout).returncode == 0
        yield made
    finally:
        made.close()


def test_what_may_start_again_does_when_a_killed_engine_is_back(
    sandbox: Sandbox, own_engine: OwnEngine
) -> None:
    sandbox.extra["DOCKER_HOST"] = own_engine.host
    sandbox.profile(PROFILE)
    sandbox.run("up", "-d", timeout=60)
    page = sandbox.pids()["page"]
    own_engine.kill()
    eventually(lambda: "refuses connections" in sandbox.service("once")["reason"])
    own_engine.start()
    eventually(lambda: sandbox.states()["again"] == "ready")
    eventually(lambda: sandbox.states()["once"] == "failed")
    assert sandbox.service("once")["reason"].startswith("exit code")
    assert sandbox.pids()["page"] == page
    sandbox.run("up", "-d", timeout=60)
    assert set(sandbox.states().values()) == {"ready"}
    sandbox.run("down", "--volumes", "--yes", timeout=60)
    assert own_engine.docker("ps", "-aq").stdout == b""
