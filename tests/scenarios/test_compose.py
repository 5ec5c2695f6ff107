"""Compose projects of people's shapes come up unmodified, and are used as their users would."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.lab.engine import Engine
from tests.scenarios.compose.checking import check, held
from tests.scenarios.compose.projects import PROJECTS, Project
from tests.scenarios.sandbox import Sandbox

BUILT = 240.0
"""Seconds that images may take to be built."""
RUNS = frozenset({"ready", "running"})


@dataclass
class Devenv:
    """devenv as a driver, in a copy of the project's folder."""

    sandbox: Sandbox
    project: Project

    def up(self) -> None:
        profiles = (word for name in self.project.profiles for word in ("--profile", name))
        self.sandbox.run(*profiles, "up", "-d", timeout=BUILT)

    def down(self, *, volumes: bool = False) -> None:
        self.sandbox.run("down", *(["--volumes", "--yes"] if volumes else []), timeout=BUILT)

    def running(self) -> Mapping[str, int]:
        counts = {one["name"]: len(self._replicas(one, RUNS)) for one in self._services()}
        return {name: count for name, count in counts.items() if count}

    def ended(self) -> Mapping[str, int]:
        return {
            one["name"]: one["replicas"][0]["exit_code"]
            for one in self._services()
            if one["state"] in {"done", "failed"}
        }

    def published(self, service: str, port: int) -> tuple[int, ...]:
        found = next(one for one in self._services() if one["name"] == service)
        ports = [at for replica in found["replicas"] for at in replica["ports"]]
        return tuple(sorted(at["port"] for at in ports if at["name"] == str(port)))

    def _services(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.sandbox.status()["services"]
        return found

    @staticmethod
    def _replicas(service: dict[str, Any], states: frozenset[str]) -> list[dict[str, Any]]:
        return [one for one in service["replicas"] if one["state"] in states]


@contextmanager
def driven(project: Project, sandbox: Sandbox) -> Iterator[Devenv]:
    sandbox.checkout = sandbox.base / project.name
    shutil.copytree(project.folder, sandbox.checkout)
    with held(project):
        yield Devenv(sandbox, project)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("project", PROJECTS, ids=[one.name for one in PROJECTS])
def test_a_project_is_used_as_its_users_would(
    project: Project, sandbox: Sandbox, engine: Engine
) -> None:
    sandbox.extra["DOCKER_HOST"] = engine.host
    with driven(project, sandbox) as driver:
        check(project, driver)
