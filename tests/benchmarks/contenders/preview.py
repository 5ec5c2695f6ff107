"""One preview of some services in the lab's cluster, whoever makes it: devenv, or kubectl.

It needs the lab's engine with its images, and its cluster: see `tests/lab`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.benchmarks.command import timed
from tests.benchmarks.contenders.composed import BUSYBOX, OURS
from tests.benchmarks.contenders.ours import PROGRAM
from tests.benchmarks.desk import Desk

LAB = Path(__file__).resolve().parents[2] / "lab"
CLUSTER = "bench"
SIZE = 5
SLEEPER = {"image": BUSYBOX, "command": ["sleep", "100000"], "stop_grace_period": "1s"}
"""As process 1 it does not hear TERM: it takes its grace."""
SLEEPERS = {f"s{number}": SLEEPER for number in range(SIZE)}
UP = (PROGRAM, "preview", "up", "--wait")
DOWN = (PROGRAM, "preview", "down", "--wait")


class Preview:
    """A repository of its own on a desk of its own; a daemon runs there only if it is ours.

    ``namespace`` is the preview's, and ``objects`` a file of all that is in it, as rendered.
    """

    def __init__(self, name: str, services: Mapping[str, Any] = SLEEPERS) -> None:
        self.name = name
        self.desk = Desk()
        self.namespace = ""
        self.objects = self.desk.folder / "objects.yaml"
        self._services = services

    def open(self) -> None:
        (self.desk.work / "compose.yaml").write_text(json.dumps({"services": self._services}))
        branch = self.desk.mark[:12]
        self.desk.call(["git", "init", "--quiet", "--initial-branch", branch])
        context = self.kubectl("config", "current-context").decode().strip()
        self.call("cluster", "add", CLUSTER, "--context", context)
        rendered = self.call("preview", "render")
        self.objects.write_bytes(rendered)
        named = (one for one in yaml.safe_load_all(rendered) if one["kind"] == "Namespace")
        self.namespace = next(named)["metadata"]["name"]
        if self.name != OURS:
            self.call("daemon", "stop")

    def close(self) -> None:
        """Leave nothing, whoever has made it."""
        if self.name == OURS:
            self.desk.call(DOWN, check=False)
            self.call("daemon", "stop")
        self.timed(self.deleting)

    def call(self, *words: str) -> bytes:
        return self.desk.call([PROGRAM, *words])

    def kubectl(self, *words: str) -> bytes:
        return self.desk.call(["kubectl", *words])

    def timed(self, words: Sequence[str]) -> float:
        return timed(self.desk, words)[0]

    def get(self, kind: str) -> list[dict[str, Any]]:
        words = ("get", kind, "--namespace", self.namespace, "--output", "json")
        found: list[dict[str, Any]] = json.loads(self.kubectl(*words))["items"]
        return found

    def ready(self) -> list[str]:
        """Say what is wrong where not each service has one pod, and that one is ready."""
        count = sum(map(_is_ready, pods := self.get("pods")))
        wanted = len(self._services)
        return [] if (count, len(pods)) == (wanted, wanted) else [f"{count} ready of {wanted}"]

    @property
    def apply(self) -> tuple[str, ...]:
        """How kubectl makes the same; more may follow."""
        return ("kubectl", "apply", *self._all)

    @property
    def diff(self) -> tuple[str, ...]:
        """How kubectl looks whether it is so; it fails where it is not."""
        return ("kubectl", "diff", *self._all)

    @property
    def deleting(self) -> tuple[str, ...]:
        """How kubectl removes it, until it is gone."""
        words = ("kubectl", "delete", "namespace", self.namespace)
        return (*words, "--ignore-not-found", "--wait")

    @property
    def _all(self) -> tuple[str, ...]:
        return ("--namespace", self.namespace, "--filename", str(self.objects))

    @property
    def waiting(self) -> tuple[str, ...]:
        """How kubectl waits until all are ready."""
        condition = "--for=condition=Available"
        words = ("kubectl", "wait", condition, "deployment", "--all", "--timeout", "60s")
        return (*words, "--namespace", self.namespace)


def _is_ready(pod: Mapping[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", ())
    return any((one["type"], one["status"]) == ("Ready", "True") for one in conditions)


def missing() -> str:
    """Why there is no preview to be had; "" where there is."""
    if shutil.which("kubectl") is None or not os.environ.get("KUBECONFIG"):
        return "no cluster: see tests/lab/cluster"
    if subprocess.run(["docker", "version"], capture_output=True, check=False).returncode:
        return "no engine answers: see tests/lab/engine"
    return ""


def load(desk: Desk, image: str) -> None:
    """Bring an image of the engine onto the cluster's node."""
    archive = desk.folder / "image.tar"
    desk.call(["docker", "save", "--output", str(archive), image])
    desk.call([str(LAB / "cluster"), "load", str(archive)], {"HOME": os.environ["HOME"]})
    archive.unlink()


@contextmanager
def opened(preview: Preview, image: str = BUSYBOX) -> Iterator[Preview]:
    """Have it with its image on the node; at the end nothing is left of it."""
    try:
        load(preview.desk, image)
        preview.open()
        yield preview
    finally:
        try:
            if preview.namespace:
                preview.close()
        finally:
            preview.desk.close()
