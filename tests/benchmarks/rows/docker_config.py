"""How long it takes to understand a large Compose file."""

from __future__ import annotations

from tests.benchmarks.containers import Workload, compare
from tests.benchmarks.contenders.composed import BUSYBOX, Composed, Document, sleepers
from tests.benchmarks.rounds import Measured, Run
from tests.benchmarks.table import Table

TITLE = "containers: `config`"
SERVICES = 500
ROUNDS = 10


def measure(run: Run) -> list[Table]:
    def once(tool: Composed) -> Measured:
        return tool.timed(tool.words.config), ()

    return [compare(run, Workload(f"{SERVICES} services", _made(), once, 1.0, ROUNDS))]


def _made() -> Document:
    """Each service has some of what services have, and waits for the one before it."""
    document = sleepers(SERVICES)
    services = {
        name: {
            **service,
            "image": BUSYBOX,
            "environment": {f"KEY_{key}": f"${{VALUE_{key}:-value}}" for key in range(10)},
            "ports": [f"{20000 + number}:80"],
            "volumes": [f"./{name}:/data:ro", "shared:/shared"],
            "depends_on": [f"s{number - 1}"] if number else [],
            "healthcheck": {"test": "true", "interval": "5s"},
        }
        for number, (name, service) in enumerate(document["services"].items())
    }
    return {"services": services, "volumes": {"shared": {}}}
