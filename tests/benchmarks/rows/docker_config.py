"""How long it takes to understand a Compose file: compose-go's largest, and a made one."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from tests.benchmarks.containers import Workload, compare
from tests.benchmarks.contenders.composed import BUSYBOX, Composed, Document, sleepers
from tests.benchmarks.desk import FailedError
from tests.benchmarks.rounds import Measured, Run
from tests.benchmarks.table import Table

TITLE = "containers: `config`"
MODULE = "github.com/compose-spec/compose-go/v2@v2.9.0"
SERVICES = 500
ROUNDS = 10


def measure(run: Run) -> list[Table]:
    def once(tool: Composed) -> Measured:
        return tool.timed(tool.words.config), ()

    full = Workload("compose-go's full example", {}, once, 1.0, ROUNDS, _copy_full_example)
    made = Workload(f"{SERVICES} services", _made(), once, 1.0, ROUNDS)
    return [compare(run, full), compare(run, made)]


def _copy_full_example(tool: Composed) -> None:
    words = ["go", "mod", "download", "-json", MODULE]
    done = subprocess.run(words, capture_output=True, check=False)
    if done.returncode != 0:
        raise FailedError(f"no {MODULE}: {done.stderr[-200:]!r}")
    loader = Path(json.loads(done.stdout)["Dir"]) / "loader"
    shutil.copytree(loader, tool.desk.work, dirs_exist_ok=True)
    # It is an example of syntax: these two keys contradict the rest of it.
    lines = (loader / "full-example.yml").read_text().splitlines()
    contradicting = ("    network_mode:", "      other-other-network:")
    kept = [line for line in lines if not line.startswith(contradicting)]
    (tool.desk.work / "compose.yaml").write_text("\n".join(kept))


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
