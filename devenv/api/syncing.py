"""What front ends read in the documents of ``sync.…``."""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_IDLE = frozenset({"paused", "held", "failed", "no source"})
"""States of a rule in which nothing is sent for now."""


def reason(rule: Mapping[str, Any]) -> str:
    """Why nothing of a rule is sent or done now, and how much waits."""
    count = rule["waiting"]
    waits = f"{count:,} file{'s wait' if count > 1 else ' waits'}" if count else ""
    return "; ".join(filter(None, (rule["reason"], waits)))


def lacks(rule: Mapping[str, Any]) -> bool:
    """Whether something that was saved is not where it belongs."""
    return rule["state"] in _IDLE or any(
        one["state"] != "equal" or one["problems"] for one in rule["targets"]
    )
