"""One run: its settings, and contenders measured in turn, round after round."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.desk import FailedError
from tests.benchmarks.figures import Outcome
from tests.benchmarks.waiting import LateError

Measured = tuple[float, Sequence[str]]
"""A value, and what was found wrong."""


@dataclass(frozen=True, slots=True)
class Run:
    """``rounds`` overrides each row's own number where it is not 0."""

    cache: Path
    rounds: int = 0

    def rounds_or(self, standard: int) -> int:
        return self.rounds or standard

    def say(self, text: str) -> None:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def interleave(
    run: Run, names: Sequence[str], rounds: int, measure: Callable[[str], Measured]
) -> tuple[Outcome, ...]:
    """Measure each once in a round, the first one moving on; a round before the first is not kept.

    A contender that fails is not measured again.
    """
    values: dict[str, list[float]] = {name: [] for name in names}
    faults: dict[str, dict[str, None]] = {name: {} for name in names}
    failed: set[str] = set()
    for number in range(rounds + 1):
        first = number % len(names)
        for name in [*names[first:], *names[:first]]:
            if name in failed:
                continue
            try:
                value, wrong = measure(name)
            except (LateError, FailedError, OSError) as error:
                failed.add(name)
                faults[name][f"failed: {error}"] = None
                run.say(f"  {name} failed: {error}")
                continue
            if number:
                values[name].append(value)
            faults[name].update(dict.fromkeys(wrong))
        run.say(f"  round {number} of {rounds}")
    return tuple(Outcome(name, tuple(values[name]), tuple(faults[name])) for name in names)
