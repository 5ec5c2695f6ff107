"""A Podman of the tests' own, with a store of its own: another engine behind Docker's API."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.engine import Engine

ABSENT = "NO PODMAN"
COMES_UP_WITHIN = 20.0


@dataclass(frozen=True, slots=True)
class Podman:
    """Its files lie in ``folder``; ``host`` is what DOCKER_HOST says."""

    folder: Path

    @property
    def host(self) -> str:
        return f"unix://{self.folder}/podman.sock"

    def command(self, *words: str) -> tuple[str, ...]:
        return (
            *("podman", "--root", f"{self.folder}/root", "--runroot", f"{self.folder}/run"),
            *("--network-config-dir", f"{self.folder}/networks", "--network-backend", "netavark"),
            # Where there is no systemd, nothing else does.
            *("--cgroup-manager", "cgroupfs", "--events-backend", "file"),
            *words,
        )

    def said(self, *words: str) -> str:
        run = subprocess.run(
            self.command(*words), env=self.environ, capture_output=True, text=True, check=True
        )
        return run.stdout

    @property
    def environ(self) -> dict[str, str]:
        """Without the log-ins of Docker's command, which need not be there."""
        return {name: value for name, value in os.environ.items() if name != "DOCKER_CONFIG"}

    def load(self, image: str) -> None:
        """Take an image over from the lab's engine."""
        with subprocess.Popen(("docker", "save", image), stdout=subprocess.PIPE) as saved:
            subprocess.run(
                self.command("load"),
                env=self.environ,
                stdin=saved.stdout,
                capture_output=True,
                check=True,
            )


@pytest.fixture
def podman(engine: Engine) -> Iterator[Podman]:
    missing = [name for name in ("podman", "netavark", "catatonit") if not _is_installed(name)]
    if missing:
        pytest.skip(f"{ABSENT}: {', '.join(missing)} not installed; see `tests/lab/engine up`")
    # Podman refuses folders with longer paths than 50 letters, and those of pytest are longer.
    made = Podman(Path(tempfile.mkdtemp(prefix="podman-")))
    made.load("lab/busybox:1")
    command = made.command("system", "service", "--time=0", made.host)
    service = subprocess.Popen(command, env=made.environ, stderr=subprocess.DEVNULL)
    try:
        _wait_for(made.folder / "podman.sock")
        yield made
    finally:
        service.terminate()
        service.wait()
        made.said("rm", "--all", "--force")
        # Podman mounts the folder of its layers on itself, and leaves it so.
        subprocess.run(("umount", made.folder / "root" / "overlay"), check=False)
        shutil.rmtree(made.folder)


def _is_installed(name: str) -> bool:
    return bool(shutil.which(name, path=f"{os.defpath}:/usr/lib/podman:/usr/libexec/podman"))


def _wait_for(path: Path) -> None:
    until = time.monotonic() + COMES_UP_WITHIN
    while not path.exists():
        assert time.monotonic() < until, f"{path} does not appear"
        time.sleep(0.05)
