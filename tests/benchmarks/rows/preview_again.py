"""How long it takes to find that a preview is as it should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from tests.benchmarks.contenders.composed import OURS
from tests.benchmarks.contenders.preview import SIZE, UP, Preview, missing, opened
from tests.benchmarks.figures import Goal
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.table import Table

TITLE = "previews: `preview up --wait` with nothing to do"
APPLY, SERVER_SIDE, DIFF = "kubectl apply", "kubectl apply --server-side", "kubectl diff"
PEERS = (APPLY, SERVER_SIDE, DIFF)
NAMES = (*PEERS, OURS)
ROUNDS = 20


def measure(run: Run) -> list[Table]:
    """The same objects by all, in a namespace for each."""
    title, goals = f"{SIZE} services", tuple(Goal(OURS, 0.5, peer) for peer in PEERS)
    if why := missing():
        return [Table(title, "s", (), SERVER_SIDE, goals, dict.fromkeys(NAMES, why))]
    with ExitStack() as stack:
        previews = {name: stack.enter_context(opened(Preview(name))) for name in NAMES}
        for preview in previews.values():
            preview.timed(_making(preview))
            preview.timed(preview.waiting)

        def once(name: str) -> Measured:
            preview = previews[name]
            before = _made(preview)
            seconds = preview.timed(_again(preview))
            changed = [] if _made(preview) == before else ["the objects changed"]
            return seconds, [*changed, *preview.ready()]

        outcomes = interleave(run, NAMES, run.rounds_or(ROUNDS), once)
    return [Table(title, "s", outcomes, SERVER_SIDE, goals)]


def _making(preview: Preview) -> Sequence[str]:
    """How it is made; what only compares needs somebody who makes it."""
    return preview.apply if preview.name == DIFF else _again(preview)


def _again(preview: Preview) -> Sequence[str]:
    ways: Mapping[str, Sequence[str]] = {
        APPLY: preview.apply,
        SERVER_SIDE: (*preview.apply, "--server-side"),
        DIFF: preview.diff,
        OURS: UP,
    }
    return ways[preview.name]


def _made(preview: Preview) -> dict[str, str]:
    """The versions of all that runs, by UID."""
    found = [one["metadata"] for kind in ("deployments", "pods") for one in preview.get(kind)]
    return {one["uid"]: one["resourceVersion"] for one in found}
