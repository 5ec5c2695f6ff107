"""What every test of the sync is held to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.runtimes.processes import children
from tests.scenarios.sandbox import eventually


@pytest.fixture(autouse=True)
def _leaves_no_process() -> Iterator[None]:
    """A receiver that is left would hold up whoever waits for children later."""
    before = children()
    yield
    eventually(lambda: children() <= before, within=5.0)
