"""The lab's cluster as tests see it: where it does not answer they are left out, and it is told.

`tests/lab/cluster up` brings it up, and `eval "$(tests/lab/cluster env)"` makes it this shell's.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ABSENT = "NO KUBERNETES CLUSTER"
ANSWERS_WITHIN = 20.0
LAB = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Cluster:
    """``kubeconfig`` is the path of the file, ``context`` the one in it."""

    kubeconfig: str
    context: str

    def kubectl(self, *words: str, check: bool = True, stdin: str = "") -> str:
        """What kubectl answers. A server that a test has just killed is waited for."""
        deadline = time.monotonic() + ANSWERS_WITHIN
        done = _kubectl((f"--kubeconfig={self.kubeconfig}", *words), stdin)
        while check and "refused" in done.stderr and time.monotonic() < deadline:
            time.sleep(0.5)
            done = _kubectl((f"--kubeconfig={self.kubeconfig}", *words), stdin)
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout

    @property
    def _state(self) -> Path:
        return Path(self.kubeconfig).parents[1]

    def load(self, images: Sequence[str]) -> None:
        """Have these images of the engine's lab on its node: of all who ask, the first loads."""
        asked = ("docker", "image", "inspect", "--format", "{{.Id}}", *images)
        made = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        with (self._state / "loaded").open("a+") as loaded, tempfile.TemporaryDirectory() as folder:
            fcntl.flock(loaded, fcntl.LOCK_EX)
            loaded.seek(0)
            if loaded.read() == made:
                return
            archive = f"{folder}/images.tar"
            subprocess.run(("docker", "save", "--output", archive, *images), check=True)
            subprocess.run((str(LAB / "cluster"), "load", archive), check=True)
            loaded.truncate(0)
            loaded.write(made)

    def kill(self, component: str) -> None:
        """End a component of the control plane at once; it is started again."""
        node = (self._state / "node.pid").read_text()
        pid = (self._state / "pids" / component).read_text()
        entering = ("nsenter", "--target", node.strip(), "--pid", "--mount")
        subprocess.run((*entering, "kill", "-KILL", pid.strip()), check=True)

    def get(self, *words: str) -> list[dict[str, Any]]:
        """The objects that kubectl gets."""
        found = json.loads(self.kubectl("get", *words, "--output", "json"))
        items: list[dict[str, Any]] = found.get("items", [found])
        return items


def _kubectl(words: Sequence[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ("kubectl", *words), input=stdin, capture_output=True, text=True, timeout=60, check=False
    )


def _fault() -> str:
    """Say why there is no cluster; an empty text where it answers."""
    kubeconfig = os.environ.get("KUBECONFIG", "")
    if not kubeconfig.endswith("/kubernetes/state/pki/admin.kubeconfig"):
        return "KUBECONFIG is not the lab's; `tests/lab/cluster env` prints it"
    try:
        done = _kubectl(("get", "--raw", "/readyz"))
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"kubectl: {error}; see `tests/lab/cluster up`"
    return "" if done.returncode == 0 else "it does not answer; see `tests/lab/cluster up`"


@pytest.fixture(scope="session")
def real_cluster() -> Cluster:
    fault = _fault()
    if fault:
        pytest.skip(f"{ABSENT}: {fault}")
    context = _kubectl(("config", "current-context")).stdout.strip()
    return Cluster(os.environ["KUBECONFIG"], context)


@pytest.fixture
def alone_in_cluster() -> None:
    """For a test that hurts the cluster itself: no other one uses it meanwhile."""


def is_alone(item: pytest.Item) -> bool:
    """Tell whether a test uses that."""
    return alone_in_cluster.__name__ in getattr(item, "fixturenames", ())


@pytest.fixture(autouse=True)
def cluster_use(request: pytest.FixtureRequest) -> Iterator[None]:
    """Those who use the cluster do so side by side, but for one who has to be alone."""
    if "real_cluster" not in request.fixturenames:
        yield
        return
    how = fcntl.LOCK_EX if "alone_in_cluster" in request.fixturenames else fcntl.LOCK_SH
    door, room = (Path(tempfile.gettempdir(), f"devenv-lab-{name}.lock") for name in _LOCKS)
    with door.open("a") as entering, room.open("a") as using:
        fcntl.flock(entering, fcntl.LOCK_EX)  # else those who share might never leave it to one
        fcntl.flock(using, how)
        fcntl.flock(entering, fcntl.LOCK_UN)
        yield


_LOCKS = ("cluster-door", "cluster")
