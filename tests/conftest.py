"""What every test may ask for."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from hypothesis import HealthCheck, settings

from tests.lab import browser as a_browser
from tests.lab import cluster as a_cluster
from tests.lab import containerd as a_containerd
from tests.lab import engine as an_engine
from tests.lab import podman as a_podman
from tests.lab import resolver as a_resolver
from tests.lab.browser import browsers
from tests.lab.cluster import alone_in_cluster, cluster_use, real_cluster
from tests.lab.containerd import containerd
from tests.lab.engine import engine
from tests.lab.grants import lent, lent_member, nobody, team_member
from tests.lab.podman import podman
from tests.lab.resolver import resolver

# A background job of a shell ignores it, and so would all commands that are interrupted here.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says nothing on a machine that is busy with others.
settings.register_profile("devenv", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("devenv")

__all__ = [
    "alone_in_cluster",
    "browsers",
    "cluster_use",
    "containerd",
    "engine",
    "lent",
    "lent_member",
    "nobody",
    "podman",
    "real_cluster",
    "resolver",
    "team_member",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who has to be alone comes last: the fewest wait for it, and it for the fewest."""
    items.sort(key=a_cluster.is_alone)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once what was not there, in a line that nobody overlooks."""
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    for lab in (an_engine, a_cluster, a_containerd, a_podman, a_resolver, a_browser):
        left_out = [reason for reason in reasons if lab.ABSENT in reason]
        if left_out:
            why = lab.ABSENT + left_out[0].partition(lab.ABSENT)[2].rstrip("')")
            said = f"{why}: {len(left_out)} tests left out"
            terminalreporter.write_line(said, red=True, bold=True)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Name what failed at once: a run that is cut off has no summary."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        sys.stderr.write(f"\nFAILED {report.nodeid} ({report.when})\n")
