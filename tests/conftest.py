"""What every test may ask for."""

from __future__ import annotations

from tests.lab.cluster import real_cluster
from tests.lab.engine import engine, pytest_terminal_summary
from tests.lab.resolver import resolver

__all__ = ["engine", "pytest_terminal_summary", "real_cluster", "resolver"]
