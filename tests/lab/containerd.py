"""A containerd of a test's own, as a node of this machine has one: without an engine, or pods."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ABSENT = "NO CONTAINERD"
ANSWERS_WITHIN = 60.0
CONFIG = """
version = 2
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{folder}/containerd.sock"
"""


@dataclass(frozen=True, slots=True)
class Containerd:
    socket: str

    def ctr(self, *words: str, check: bool = True) -> str:
        """What ctr answers, about a kubelet's images."""
        done = subprocess.run(
            ("ctr", f"--address={self.socket}", "--namespace=k8s.io", *words),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout

    @property
    def images(self) -> list[str]:
        return sorted(self.ctr("images", "ls", "--quiet").split())


@pytest.fixture(scope="session")
def containerd() -> Iterator[Containerd]:
    program = shutil.which("containerd")
    if program is None or shutil.which("ctr") is None:
        pytest.skip(f"{ABSENT}: it is not installed")
    if os.geteuid():
        pytest.skip(f"{ABSENT}: only root can run one")
    with TemporaryDirectory(prefix="lab-") as folder:
        config = Path(folder) / "config.toml"
        config.write_text(CONFIG.format(folder=folder))
        with (Path(folder) / "log").open("wb") as log:
            serving = subprocess.Popen(
                (program, "--config", str(config)), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        found = Containerd(f"{folder}/containerd.sock")
        try:
            _until_it_answers(found)
            yield found
        finally:
            serving.terminate()
            serving.wait()


def _until_it_answers(found: Containerd) -> None:
    deadline = time.monotonic() + ANSWERS_WITHIN
    while not Path(found.socket).exists() or not found.ctr("version", check=False):
        assert time.monotonic() < deadline, "containerd does not come up"
        time.sleep(0.1)
