"""The Compose projects do what their table says: with Docker Compose, by which it is meant."""

from __future__ import annotations

import pytest

from tests.lab.engine import Engine
from tests.scenarios.compose.checking import check, held
from tests.scenarios.compose.peer import DockerCompose
from tests.scenarios.compose.projects import PROJECTS, Project

pytestmark = pytest.mark.timeout(300)


# A few of them: all would take as long as ours do, and say the same again.
SOME = tuple(project for project in PROJECTS if project.name in {"notes", "secrets", "stopping"})


@pytest.mark.parametrize("project", SOME, ids=lambda project: project.name)
def test_docker_compose_runs_the_project(engine: Engine, project: Project) -> None:
    with held(project):
        check(project, DockerCompose(project))
