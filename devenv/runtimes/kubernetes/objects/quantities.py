"""Compose's sizes and shares as a cluster writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}


def memory(written: object) -> str:
    """Bytes, of ``64m``, ``1gb`` or a number."""
    match = _SIZE.fullmatch(str(written).strip())
    assert match is not None, written  # the profile's readers let nothing else through
    return str(int(float(match[1]) * _UNITS[match[2].lower()]))


def cpu(written: object) -> str:
    """Thousandths of a processor: ``0.5`` is ``500m``."""
    return f"{int(float(str(written)) * 1000)}m"


_SUFFIXES = {
    "m": Fraction(1, 1000),
    **{letter: Fraction(1000**power) for power, letter in enumerate("kMGT", 1)},
    **{f"{letter}i": Fraction(1024**power) for power, letter in enumerate("KMGT", 1)},
}


def amount(quantity: str) -> Fraction:
    """A quantity as a cluster writes it, ``500m`` or ``20Gi``, in its unit: processors, bytes."""
    number = quantity.rstrip("mkKMGTi")
    return Fraction(number) * _SUFFIXES.get(quantity[len(number) :], 1)


def shown(resource: str, value: Fraction) -> str:
    """An amount as people read it; ``resource``: what it is of, memory or a number of something."""
    if not resource.endswith("memory"):
        return f"{float(value):g}"
    for suffix in ("Gi", "Mi"):
        if value >= _SUFFIXES[suffix]:
            return f"{float(round(value / _SUFFIXES[suffix], 2)):g}{suffix}"
    return f"{int(value)} bytes"


def resources(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Limits and requests of a container; keys of the service win over ``deploy``."""
    deployed = (definition.get("deploy") or {}).get("resources") or {}
    limited, reserved = deployed.get("limits") or {}, deployed.get("reservations") or {}
    limits = _amounts(
        definition.get("cpus") or limited.get("cpus"),
        definition.get("mem_limit") or limited.get("memory"),
    )
    requests = _amounts(
        reserved.get("cpus"),
        definition.get("mem_reservation") or reserved.get("memory"),
    )
    found = {"limits": limits, "requests": requests}
    return {key: amounts for key, amounts in found.items() if amounts}


def _amounts(cpus: object, size: object) -> dict[str, str]:
    found = {}
    if cpus:
        found["cpu"] = cpu(cpus)
    if size:
        found["memory"] = memory(size)
    return found
