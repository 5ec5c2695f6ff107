"""How long `preview down` takes: until nothing of it runs, and until its namespace is gone."""

from __future__ import annotations

from contextlib import ExitStack

from tests.benchmarks.contenders.composed import OURS
from tests.benchmarks.contenders.ours import PROGRAM
from tests.benchmarks.contenders.preview import DOWN, SIZE, UP, Preview, missing, opened
from tests.benchmarks.figures import Goal
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.table import Table

TITLE = "previews: `preview down`"
KUBECTL = "kubectl delete namespace --wait"
STILL, GONE = "devenv, nothing runs", "devenv, gone"
NAMES = (KUBECTL, STILL, GONE)
ROUNDS = 10


def measure(run: Run) -> list[Table]:
    """The services do not end at TERM, and have a grace of a second."""
    title = f"{SIZE} services with a grace of 1 s"
    goals = (Goal(GONE, 0.55, KUBECTL), Goal(STILL, 0.15, KUBECTL))
    if why := missing():
        return [Table(title, "s", (), KUBECTL, goals, dict.fromkeys(NAMES, why))]
    with ExitStack() as stack:
        theirs = stack.enter_context(opened(Preview(KUBECTL)))
        ours = stack.enter_context(opened(Preview(OURS)))

        def once(name: str) -> Measured:
            return _by_kubectl(theirs) if name == KUBECTL else _by_devenv(ours, name)

        outcomes = interleave(run, NAMES, run.rounds_or(ROUNDS), once)
    return [Table(title, "s", outcomes, KUBECTL, goals)]


def _by_kubectl(preview: Preview) -> Measured:
    preview.timed(preview.apply)
    preview.timed(preview.waiting)
    seconds = preview.timed(preview.deleting)
    return seconds, _left(preview)


def _by_devenv(preview: Preview, name: str) -> Measured:
    preview.timed(UP)
    if name == GONE:
        seconds = preview.timed(DOWN)
        return seconds, _left(preview)
    seconds = preview.timed((PROGRAM, "preview", "down"))
    over = ("Succeeded", "Failed")
    pods = [one for one in preview.get("pods") if one["status"]["phase"] not in over]
    preview.timed(preview.deleting)
    return seconds, [f"{len(pods)} pods run"] if pods else []


def _left(preview: Preview) -> list[str]:
    words = ("get", "namespace", preview.namespace, "--ignore-not-found", "--output", "name")
    return ["the namespace is left"] if preview.kubectl(*words) else []
