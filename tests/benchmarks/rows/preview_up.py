"""How long a preview takes until all of it is ready; its image is on the node."""

from __future__ import annotations

from contextlib import ExitStack

from tests.benchmarks.contenders.composed import OURS
from tests.benchmarks.contenders.preview import DOWN, SIZE, UP, Preview, missing, opened
from tests.benchmarks.figures import Goal
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.table import Table

TITLE = "previews: `preview up --wait`"
KUBECTL = "kubectl apply, wait"
NAMES = (KUBECTL, OURS)
ROUNDS = 10


def measure(run: Run) -> list[Table]:
    """The same objects by both, each time in a namespace that is not there yet."""
    title, goals = f"{SIZE} services", (Goal(OURS, 1.2, KUBECTL),)
    if why := missing():
        return [Table(title, "s", (), KUBECTL, goals, dict.fromkeys(NAMES, why))]
    with ExitStack() as stack:
        previews = {name: stack.enter_context(opened(Preview(name))) for name in NAMES}
        outcomes = interleave(run, NAMES, run.rounds_or(ROUNDS), lambda name: _once(previews[name]))
    return [Table(title, "s", outcomes, KUBECTL, goals)]


def _once(preview: Preview) -> Measured:
    if preview.name == OURS:
        seconds = preview.timed(UP)
    else:
        seconds = preview.timed(preview.apply) + preview.timed(preview.waiting)
    faults = preview.ready()
    preview.timed(DOWN if preview.name == OURS else preview.deleting)
    return seconds, faults
