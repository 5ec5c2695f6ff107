"""Docker Compose as a driver: what it makes of the projects is what people are used to."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.scenarios.compose.projects import Project

LIMIT = 300


class DockerCompose:
    def __init__(self, project: Project) -> None:
        profiles = (word for name in project.profiles for word in ("--profile", name))
        self._words = ("docker", "compose", *profiles)
        self._folder = project.folder

    def up(self) -> None:
        self._call("up", "--wait", "--build")

    def down(self, *, volumes: bool = False) -> None:
        self._call("down", *(["--volumes"] if volumes else []))

    def running(self) -> Mapping[str, int]:
        return Counter(one["Service"] for one in self._containers() if one["State"] == "running")

    def ended(self) -> Mapping[str, int]:
        ended = (one for one in self._containers() if one["State"] == "exited")
        return {one["Service"]: one["ExitCode"] for one in ended}

    def published(self, service: str, port: int) -> tuple[int, ...]:
        ports = {
            published["PublishedPort"]
            for one in self._containers()
            if one["Service"] == service
            for published in one["Publishers"] or ()
            if published["TargetPort"] == port and published["PublishedPort"]
        }
        return tuple(sorted(ports))

    def _containers(self) -> list[dict[str, Any]]:
        return [
            json.loads(line) for line in self._call("ps", "--all", "--format", "json").splitlines()
        ]

    def _call(self, *words: str) -> str:
        done = subprocess.run(
            (*self._words, *words),
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        assert done.returncode == 0, f"{words} ended with {done.returncode}: {done.stderr[-2000:]}"
        return done.stdout
