"""Sizes and times as Compose resolves them, into the numbers that the engine takes."""

from __future__ import annotations

import re

NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h)")


def nanoseconds(duration: object) -> int:
    """``1m30s`` → 90,000,000,000; 0 for nothing."""
    parts = _PART.findall(str(duration or ""))
    return int(sum(float(number) * NANOSECONDS[unit] for number, unit in parts))


def seconds(duration: object) -> float:
    return nanoseconds(duration) / 1e9


def size(value: object) -> int:
    """Bytes, which are resolved to a number or to its text."""
    return int(str(value)) if value not in (None, "") else 0


def mode(value: object, otherwise: int = 0o444) -> int:
    """A file's mode, which is resolved to octal text."""
    return int(str(value), 8) if value not in (None, "") else otherwise
