"""What it means when a pod may not be made, as its user is told. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from devenv.runtimes.kubernetes.objects.quantities import amount, shown

_EXCEEDED = re.compile(r"exceeded quota: [^,]+, requested: (.+), used: (.+), limited: (.+)")


def words(message: str) -> str:
    """``message``: the server's, as a controller passes it on."""
    found = _EXCEEDED.search(message)
    if found is None:
        return f"a pod is refused: {message}"
    try:
        requested, used, limited = map(_amounts, found.groups())
        needs = [_needs(key, requested[key], limited[key] - used[key]) for key in requested]
    except (KeyError, ValueError):  # written in another way than we know
        return f"waiting for quota: {message}"
    return f"waiting for quota: {'; '.join(needs)}"


def _needs(key: str, requested: Fraction, left: Fraction) -> str:
    return f"needs {shown(key, requested)} of {key}, {shown(key, max(left, Fraction(0)))} left"


def _amounts(text: str) -> Mapping[str, Fraction]:
    """``pods=1,requests.memory=2Gi`` by name."""
    pairs = (part.strip().partition("=") for part in text.split(","))
    return {key: amount(value) for key, _, value in pairs}
