"""One workload of containers, measured with each tool in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from tests.benchmarks.contenders import composed
from tests.benchmarks.contenders import mutagen as mutagens
from tests.benchmarks.contenders.composed import ALONE, OURS, PLUGIN, Composed, Document
from tests.benchmarks.contenders.registry import opened
from tests.benchmarks.figures import Goal
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.table import Table

MAKERS: Mapping[str, Callable[[], Composed]] = {
    **composed.MAKERS,
    mutagens.NAME: mutagens.mutagen,
}


@dataclass(frozen=True, slots=True)
class Workload:
    """``once`` is measured; ``prepare`` comes before a tool's first round.

    devenv is to take at most ``limit`` times what the plugin takes, or ``against``.
    """

    title: str
    document: Document
    once: Callable[[Composed], Measured]
    limit: float
    rounds: int
    prepare: Callable[[Composed], None] = lambda _tool: None
    names: Sequence[str] = (PLUGIN, ALONE, OURS)
    against: str = PLUGIN


def compare(run: Run, load: Workload) -> Table:
    run.say(f" {load.title}")
    absent = {name: why for name, why in missing().items() if name in load.names}
    tools = {name: MAKERS[name]() for name in load.names if name not in absent}
    left: dict[str, list[str]] = {name: [] for name in tools}
    prepared: set[str] = set()
    with ExitStack() as stack:
        for name, tool in tools.items():
            tool.write_document(load.document)
            stack.enter_context(opened(tool, left[name]))

        def once(name: str) -> Measured:
            if name not in prepared:
                prepared.add(name)
                load.prepare(tools[name])
            return load.once(tools[name])

        found = interleave(run, list(tools), run.rounds_or(load.rounds), once) if tools else ()
    outcomes = tuple(replace(one, faults=(*one.faults, *left[one.contender])) for one in found)
    goals = (Goal(OURS, load.limit, load.against),)
    return Table(load.title, "s", outcomes, load.against, goals, absent)


def missing() -> dict[str, str]:
    """Say why tools are not there."""
    found = composed.missing()
    if mutagens.program() is None:
        found.setdefault(mutagens.NAME, "it is not installed: see tests/benchmarks/peers.py")
    return found


def bring_up(tool: Composed) -> None:
    tool.call(tool.words.up)


def running(tool: Composed, count: int) -> list[str]:
    """Say what is wrong where other than so many containers run."""
    found = len(tool.containers())
    return [] if found == count else [f"{found} containers of {count}"]
