"""All rows by name, in the order of the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.benchmarks.rounds import Run
from tests.benchmarks.rows import chain, idle, killed, lines, nothing, spawn, status
from tests.benchmarks.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    measure: Callable[[Run], list[Table]]


ROWS: Mapping[str, Row] = {
    "status": Row(status.TITLE, status.measure),
    "nothing": Row(nothing.TITLE, nothing.measure),
    "spawn": Row(spawn.TITLE, spawn.measure),
    "chain": Row(chain.TITLE, chain.measure),
    "lines": Row(lines.TITLE, lines.measure),
    "idle": Row(idle.TITLE, idle.measure),
    "killed": Row(killed.TITLE, killed.measure),
}
