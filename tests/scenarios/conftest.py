"""Scenarios run the real command line, daemon and keeper against real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.thread import Beside, beside
from tests.lab.engine import Engine
from tests.scenarios.sandbox import Sandbox, make_sandbox


@pytest.fixture
def cluster() -> Iterator[Beside]:
    with beside() as fake:
        yield fake


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    made = make_sandbox(tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def real_engine(sandbox: Sandbox, engine: Engine) -> None:
    """The sandbox's containers run in the lab's engine."""
    sandbox.extra["DOCKER_HOST"] = engine.host
