"""What services use: samples folded into percentages, bytes, and a short history of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

KEPT = 40
"""Samples that a history line can show."""
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Use:
    """Of one service, its replicas together. ``cpu``: percent of one core, None until known."""

    memory: int
    cpu: float | None = None
    memories: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Of all services; ``at`` and ``seconds`` are the sample that the next one is compared with."""

    services: Mapping[str, Use] = field(default_factory=dict)
    at: float = 0.0
    seconds: Mapping[tuple[str, int], float] = field(default_factory=dict)

    @property
    def cpu(self) -> float:
        return sum(use.cpu or 0.0 for use in self.services.values())

    @property
    def memory(self) -> int:
        return sum(use.memory for use in self.services.values())


def fold(before: Usage, samples: Mapping[str, Any], at: float) -> Usage:
    """Take in one answer of ``samples``, taken ``at`` seconds of any steady clock."""
    seconds = {
        (name, one["index"]): float(one["cpu_seconds"])
        for name, found in samples.items()
        for one in found
    }
    passed = at - before.at
    services = {}
    for name, found in samples.items():
        old = before.services.get(name, Use(0))
        memory = sum(int(one["memory_bytes"]) for one in found)
        used = Use(memory, memories=(*old.memories, memory)[-KEPT:])
        spent = [
            seconds[name, one["index"]] - before.seconds[name, one["index"]]
            for one in found
            if (name, one["index"]) in before.seconds
        ]
        if spent and passed > 0:
            # A replica that was started again begins at zero.
            cpu = 100.0 * sum(max(one, 0.0) for one in spent) / passed
            used = replace(used, cpu=cpu)
        services[name] = used
    return Usage(services, at, seconds)


def bars(values: tuple[float, ...], width: int) -> str:
    """The newest values as a line of small bars above the lowest of them.

    A full bar stands for a quarter of the highest at least, so that a calm line looks calm.
    """
    shown = values[-width:]
    if not shown:
        return ""
    low, high = min(shown), max(shown)
    span = max(high - low, high / 4, 1e-9)
    return "".join(_BARS[min(int((value - low) / span * 7.99), 7)] for value in shown)
