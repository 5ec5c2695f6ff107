"""What every test of the sync is held to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.scenarios.sandbox import eventually


@pytest.fixture(autouse=True)
def _leaves_no_process() -> Iterator[None]:
    """A receiver that is left would hold up whoever waits for children later."""
    before = _children()
    yield
    eventually(lambda: _children() <= before, within=5.0)


def _children() -> set[str]:
    """The pids of the processes that this one has started, and not seen end."""
    found: set[str] = set()
    for thread in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            found |= set((thread / "children").read_text().split())
    return found
