"""How long a chain of four takes, each ready 200 ms after its start, until the last is ready."""

from __future__ import annotations

from tests.benchmarks.containers import Workload, compare, running
from tests.benchmarks.contenders.composed import BUSYBOX, Composed, Document
from tests.benchmarks.rounds import Measured, Run
from tests.benchmarks.table import Table

TITLE = "containers: a chain of 4 with health checks"
LENGTH = 4
ROUNDS = 5
LIMITS = {"1s": 0.35, "100ms": 0.65}
"""By the interval of the checks."""


def measure(run: Run) -> list[Table]:
    return [_table(run, interval, limit) for interval, limit in LIMITS.items()]


def _table(run: Run, interval: str, limit: float) -> Table:
    def once(tool: Composed) -> Measured:
        seconds = tool.timed(tool.words.up_ready)
        faults = running(tool, LENGTH)
        tool.call(tool.words.down)
        return seconds, faults

    title = f"checked every {interval}"
    return compare(run, Workload(title, _chain(interval), once, limit, ROUNDS))


def _chain(interval: str) -> Document:
    services = {}
    for number in range(LENGTH):
        services[f"c{number}"] = {
            "image": BUSYBOX,
            "init": True,
            "command": ["sh", "-c", "sleep 0.2; touch /tmp/ready; exec sleep 100000"],
            "healthcheck": {"test": ["CMD", "test", "-e", "/tmp/ready"], "interval": interval},
            "depends_on": _after(number),
        }
    return {"services": services}


def _after(number: int) -> Document:
    return {f"c{number - 1}": {"condition": "service_healthy"}} if number else {}
