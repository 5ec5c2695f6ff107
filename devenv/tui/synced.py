"""How far the files that follow into containers are: values of the daemon's answer, and lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from devenv.api.syncing import lacks, reason
from devenv.api.wording import listed, size
from devenv.tui.lines import short
from devenv.tui.table import Cell, Column, Laid, Line, Row, laid

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Synced:
    """One target of a rule, or a rule that has none yet.

    ``generation`` counts what was sent to it; times are milliseconds from a save to the arrival,
    None where nothing was sent. ``faults`` are problems and conflicts, each in a line.
    """

    key: str
    service: str
    replica: str
    rule: str
    source: str
    target: str
    state: str
    reason: str = ""
    generation: int = 0
    files: int = 0
    bytes: int = 0
    last: float | None = None
    p50: float | None = None
    p95: float | None = None
    faults: tuple[str, ...] = ()


def read_synced(answer: Document) -> tuple[Synced, ...]:
    """The targets of all rules in an answer of ``sync.…``."""
    return tuple(
        one for number, rule in enumerate(answer["rules"]) for one in _targets(str(number), rule)
    )


def missing(answer: Document) -> str:
    """Whose files have not all arrived; "" where all have."""
    behind = dict.fromkeys(rule["service"] for rule in answer["rules"] if lacks(rule))
    if not behind:
        return ""
    return f"not all that was saved is there: look at {listed(list(behind))} in the table"


def _targets(key: str, rule: Document) -> tuple[Synced, ...]:
    raised = f"no watch is left: {rule['remedy']}" if rule["remedy"] else "it cannot be watched"
    polled = (f"{path or '.'} is polled, {raised}" for path in rule["polled"])
    whole = Synced(
        key=key,
        service=rule["service"],
        replica=rule["service"],
        rule=rule["rule"],
        source=rule["source"],
        target=rule["target"],
        state=rule["state"],
        reason=reason(rule),
        faults=tuple(polled),
    )
    return tuple(_target(whole, one) for one in rule["targets"]) or (whole,)


def _target(rule: Synced, found: Document) -> Synced:
    """One target of a rule, in the rule's state where that is what stops it."""
    replica = f"{rule.service}[{found['index']}]" if found["index"] else rule.service
    return replace(
        rule,
        key=f"{rule.key}.{found['index']}",
        replica=found["name"] or replica,
        state=found["state"] if rule.state in _OF_TARGETS else rule.state,
        reason=found["reason"] or rule.reason,
        generation=found["generation"],
        files=found["files"],
        bytes=found["bytes"],
        last=found["last_ms"],
        p50=found["p50_ms"],
        p95=found["p95_ms"],
        faults=(*_faults(found), *rule.faults),
    )


_OF_TARGETS = frozenset({"watching", "sending", "halted", "unreachable"})
"""States of a rule that sum up those of its targets."""


def _faults(target: Document) -> tuple[str, ...]:
    problems = (f"{one['path']}: {one['why']}" for one in target["problems"])
    conflicts = (
        f"{one['path']} was changed there; it "
        + ("was overwritten" if one["overwritten"] else "is left as it is")
        for one in target["conflicts"]
    )
    return (*problems, *conflicts)


def synced_table(found: Sequence[Synced], root: str, width: int) -> Laid:
    """A row for each target; sources below ``root`` without it."""
    columns = (
        Column("SERVICE", most=28),
        Column("STATE"),
        Column("SOURCE", grows=True, least=10),
        Column("TARGET", rank=2, grows=True, least=10),
        Column("RULE", rank=7),
        Column("GENERATION", rank=6, right=True),
        Column("FILES", rank=5, right=True),
        Column("SENT", rank=4, right=True),
        Column("LAST", rank=3, right=True),
        Column("P50", rank=1, right=True),
        Column("P95", rank=1, right=True),
        Column("REASON", grows=True, least=12),
    )
    return laid(columns, [Row(one.key, _cells(one, root)) for one in found], width)


def _cells(one: Synced, root: str) -> tuple[Cell, ...]:
    symbol, role = LOOKS.get(one.state, ("✗", "bad"))
    faulty = f" !{len(one.faults)}" if one.faults else ""
    return (
        Cell(one.replica),
        Cell(f"{symbol} {one.state}{faulty}", "wait" if faulty and role == "good" else role),
        Cell("." if one.source == root else short(one.source, root)),
        Cell(one.target, "dim"),
        Cell(one.rule, "dim"),
        Cell(str(one.generation or ""), "dim"),
        Cell(f"{one.files:,}" if one.files else ""),
        Cell(size(one.bytes) if one.files else ""),
        *(Cell(_ms(time), "dim") for time in (one.last, one.p50, one.p95)),
        Cell(one.reason.replace("\n", " "), role if role in {"bad", "wait"} else "dim"),
    )


LOOKS = {
    "equal": ("●", "good"),
    "watching": ("●", "good"),
    "sending": ("◔", "busy"),
    "waiting": ("◌", "wait"),
    "paused": ("‖", "wait"),
    "held": ("‖", "wait"),
}
"""A shape and a role for each state; any other one is a failure."""


def _ms(time: float | None) -> str:
    return "" if time is None else f"{time:.0f} ms"


def fault_lines(found: Sequence[Synced]) -> tuple[Line, ...]:
    """Problems and conflicts, by replica."""
    return tuple(
        (Cell(f"  {one.replica}  "), Cell(fault, "wait")) for one in found for fault in one.faults
    )
