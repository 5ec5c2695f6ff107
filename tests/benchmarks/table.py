"""Tables of a run as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.benchmarks.figures import Goal, Outcome, ratio, verdict


@dataclass(frozen=True, slots=True)
class Table:
    """One workload: its contenders' outcomes, all in ``unit``; ratios are over ``reference``."""

    title: str
    unit: str
    outcomes: tuple[Outcome, ...]
    reference: str = ""
    goals: tuple[Goal, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    """Contenders that are not on this machine, and why."""


def number(value: float) -> str:
    """Three significant digits, in full: 0.0123, 1.23, 12.3, 1,230,000."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        size = 10 ** (len(str(int(abs(value)))) - 3)
        return f"{round(value / size) * size:,}"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    if abs(value) < 1:
        digits = 3 if abs(value) >= 0.1 else 4
    return f"{value:.{digits}f}"


def markdown(table: Table) -> str:
    """Write the table, then a line for each goal."""
    header = ["", "p50", "p95", "spread", "rounds"]
    if table.reference:
        header.append(f"÷ {table.reference}")
    header.append("check")
    rows = [header, ["---"] * len(header)]
    rows += [_row(table, outcome) for outcome in table.outcomes]
    rows += [_absent(len(header), name, reason) for name, reason in table.missing.items()]
    lines = [f"### {table.title} ({table.unit})", ""]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    lines += _goals(table)
    return "\n".join(lines) + "\n"


def _row(table: Table, outcome: Outcome) -> list[str]:
    check = "; ".join(outcome.faults) or "right"
    if not outcome.values:
        cells = [outcome.contender, "–", "–", "–", "0"]
        return [*cells, *(["–"] if table.reference else []), check]
    cells = [
        outcome.contender,
        number(outcome.median),
        number(outcome.high),
        f"{outcome.spread:.0%}",
        str(len(outcome.values)),
    ]
    if table.reference:
        cells.append(_ratio(table, outcome))
    return [*cells, check]


def _ratio(table: Table, outcome: Outcome) -> str:
    reference = next((one for one in table.outcomes if one.contender == table.reference), None)
    if reference is None or not reference.values:
        return "–"
    if outcome is reference:
        return "1"
    found = ratio(outcome, reference)
    return found.refusal or f"{found.value:.2f}"


def _absent(width: int, name: str, reason: str) -> list[str]:
    return [name, *["–"] * (width - 2), f"not installed: {reason}"]


def _goals(table: Table) -> list[str]:
    if not table.goals:
        return []
    return ["", *(f"- {goal_text(goal)}: {verdict(goal, table.outcomes)}" for goal in table.goals)]


def goal_text(goal: Goal) -> str:
    relation = "≥" if goal.at_least else "≤"
    against = f" × {goal.against}" if goal.against else ""
    return f"{goal.contender} {relation} {number(goal.limit)}{against}"


def tables(title: str, every: Sequence[Table]) -> str:
    return f"## {title}\n\n" + "\n".join(markdown(table) for table in every)
