"""How long it takes to show the previews, and the services of one, while the daemon runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tests.benchmarks.command import timed
from tests.benchmarks.contenders.composed import OURS
from tests.benchmarks.contenders.ours import PROGRAM
from tests.benchmarks.contenders.preview import SIZE, UP, Preview, missing, opened
from tests.benchmarks.figures import Goal
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.table import Table

TITLE = "previews: `preview list` and `preview status`, warm"
PODS, LIST, STATUS = "kubectl get pods", "devenv, list", "devenv, status"
NAMES = (PODS, LIST, STATUS)
ROUNDS = 40


def measure(run: Run) -> list[Table]:
    """All of them look at the same preview."""
    title, goals = f"{SIZE} services", (Goal(LIST, 0.6, PODS), Goal(STATUS, 0.6, PODS))
    if why := missing():
        return [Table(title, "s", (), PODS, goals, dict.fromkeys(NAMES, why))]
    with opened(Preview(OURS)) as preview:
        preview.timed(UP)
        outcomes = interleave(run, NAMES, run.rounds_or(ROUNDS), lambda name: _once(preview, name))
    return [Table(title, "s", outcomes, PODS, goals)]


def _once(preview: Preview, name: str) -> Measured:
    namespace = preview.namespace
    ways: Mapping[str, tuple[Sequence[str], str, int]] = {
        PODS: (("kubectl", "get", "pods", "--namespace", namespace), " 1/1 +Running ", SIZE),
        LIST: ((PROGRAM, "preview", "list"), f"^{namespace} .* ready ", 1),
        STATUS: ((PROGRAM, "preview", "status"), " ready ", SIZE),
    }
    words, sign, wanted = ways[name]
    seconds, text = timed(preview.desk, words)
    found = len(re.findall(sign, text.decode(), re.MULTILINE))
    return seconds, [] if found == wanted else [f"{found} lines of {wanted}"]
