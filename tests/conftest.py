"""What every test may ask for."""

from __future__ import annotations

import signal

from tests.lab.browser import browsers
from tests.lab.cluster import real_cluster
from tests.lab.engine import engine, pytest_terminal_summary
from tests.lab.grants import lent, lent_member, nobody, team_member
from tests.lab.resolver import resolver

# A background job of a shell ignores it, and so would all commands that are interrupted here.
signal.signal(signal.SIGINT, signal.default_int_handler)

__all__ = [
    "browsers",
    "engine",
    "lent",
    "lent_member",
    "nobody",
    "pytest_terminal_summary",
    "real_cluster",
    "resolver",
    "team_member",
]
