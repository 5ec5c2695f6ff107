"""``pull_policy``: when an image that is there will do. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devenv.errors import DevenvError
from devenv.runtimes.docker.rows import epoch

DAY = 24 * 3600.0
_PARTS = re.compile(r"(\d+)(w|d|h|m|s)")
_SECONDS = {"w": 7 * DAY, "d": DAY, "h": 3600.0, "m": 60.0, "s": 1.0}


@dataclass(frozen=True, slots=True)
class Policy:
    """``age``: seconds after which an image is pulled anew; 0: never for its age alone.

    ``builds``: what can be built is, rather than pulled.
    """

    written: str
    always: bool = False
    age: float = 0.0
    builds: bool = True
    pulls: bool = True

    def is_due(self, inspected: Mapping[str, Any], now: float) -> bool:
        """Whether an image that is there has to be had anew; when it came is in its metadata."""
        if self.always:
            return True
        came = epoch((inspected.get("Metadata") or {}).get("LastTagTime"))
        return bool(self.age) and now - came >= self.age


def policy_of(definition: Mapping[str, Any]) -> Policy:
    """Read the policy of a service. Raises DevenvError for one that does not exist."""
    written = str(definition.get("pull_policy") or "missing")
    if written in _NAMED:
        return _NAMED[written]
    age = written.removeprefix("every_")
    parts = _PARTS.findall(age)
    if age == written or not parts or "".join(map("".join, parts)) != age:
        raise DevenvError(
            f"there is no pull_policy {written}",
            "always, never, missing, build, daily, weekly, or every_12h and the like",
        )
    seconds = math.fsum(float(number) * _SECONDS[unit] for number, unit in parts)
    return Policy(written, age=seconds, builds=False)


_NAMED = {
    "missing": Policy("missing"),
    "if_not_present": Policy("if_not_present"),
    "always": Policy("always", always=True, builds=False),
    "never": Policy("never", pulls=False),
    "build": Policy("build", always=True),
    "daily": Policy("daily", age=DAY, builds=False),
    "weekly": Policy("weekly", age=7 * DAY, builds=False),
}
