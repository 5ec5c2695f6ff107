"""What is made of measured values: percentiles, spread, ratios, and whether a goal is reached."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDEST_SPREAD = 0.15
"""A ratio is refused where one of its two sides varies more than this from run to run."""


def percentile(values: Sequence[float], share: float) -> float:
    """Interpolate linearly between the two nearest of the sorted values; ``share`` is 0 to 1."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one contender did in one row, and what was found wrong with it."""

    contender: str
    values: tuple[float, ...]
    faults: tuple[str, ...] = ()

    @property
    def median(self) -> float:
        return percentile(self.values, 0.5)

    @property
    def high(self) -> float:
        return percentile(self.values, 0.95)

    @property
    def spread(self) -> float:
        """The range of the middle half of the values, as a share of the median."""
        middle = percentile(self.values, 0.75) - percentile(self.values, 0.25)
        return middle / self.median if self.median else 0.0

    @property
    def is_steady(self) -> bool:
        return self.spread <= WIDEST_SPREAD


@dataclass(frozen=True, slots=True)
class Ratio:
    """One median over another's; ``refusal`` says why it is not given."""

    value: float = 0.0
    refusal: str = ""


def ratio(outcome: Outcome, reference: Outcome) -> Ratio:
    for one in (outcome, reference):
        if not one.is_steady:
            return Ratio(refusal=f"{one.contender} spreads by {one.spread:.0%}")
    if not reference.median:
        return Ratio(refusal=f"{reference.contender} is 0")
    return Ratio(outcome.median / reference.median)


@dataclass(frozen=True, slots=True)
class Goal:
    """What a contender's median must be: at most (or at least) ``limit`` times another's.

    Without ``against`` the limit is a value of the row's own unit.
    """

    contender: str
    limit: float
    against: str = ""
    at_least: bool = False


def verdict(goal: Goal, outcomes: Sequence[Outcome]) -> str:
    """Say in a few words whether the goal is reached."""
    named = {outcome.contender: outcome for outcome in outcomes if outcome.values}
    absent = [name for name in (goal.contender, goal.against) if name and name not in named]
    if absent:
        return f"not measured: {', '.join(absent)}"
    ours = named[goal.contender]
    if goal.against:
        found = ratio(ours, named[goal.against])
        if found.refusal:
            return f"no ratio: {found.refusal}"
        value = found.value
    else:
        value = ours.median
    reached = value >= goal.limit if goal.at_least else value <= goal.limit
    return f"{value:.2f}, {'reached' if reached else 'missed'}"
