"""How front ends write durations, sizes and lists. Strings out, no colours."""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration(seconds: float) -> str:
    """In words of at most two units: ``0.4s``, ``12s``, ``3m 5s``, ``2h 10m``, ``4d 1h``."""
    if seconds < 0:
        return "0s"
    if seconds < 10:
        return f"{seconds:.1f}s"
    whole = int(seconds)
    for size, unit, smaller, part in ((86400, "d", 3600, "h"), (3600, "h", 60, "m")):
        if whole >= size:
            return f"{whole // size}{unit} {whole % size // smaller}{part}"
    return f"{whole // 60}m {whole % 60}s" if whole >= 60 else f"{whole}s"


SOON = 3600.0
"""Seconds before the end of a preview from which on that is told."""


def ends_soon(expires: float | None, now: float) -> bool:
    """Tell whether the time of a preview is nearly over; both are seconds since the epoch."""
    return expires is not None and now < expires < now + SOON


def read_duration(text: str) -> float | None:
    """Seconds, of ``30``, ``1.5``, ``500ms``, ``90s``, ``1h30m``; None where it is none."""
    import re

    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        return float(text)
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|[smhd])", text, re.ASCII)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def size(count: float) -> str:
    """``812 B``, ``3.4 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"


def listed(names: Sequence[str], limit: int = 5) -> str:
    """``a, b and c``; beyond the limit ``a, b and 7 more``."""
    if len(names) > limit:
        return f"{', '.join(names[: limit - 1])} and {len(names) - limit + 1} more"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
