"""From a row of a keeper's table to a unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devenv.model.environment import ReplicaId
from devenv.model.unit import Exit, Unit


def unit_of(key: ReplicaId, row: Mapping[str, Any]) -> Unit:
    """Make the unit that a keeper's row tells of."""
    ended = row["exit"]
    return Unit(
        id=key,
        runtime="process",
        fingerprint=row["fingerprint"],
        generation=row["generation"],
        attempt=row["attempt"],
        restarts=row["restarts"],
        started=row["started"],
        pid=row["pid"],
        exit=_exit_of(ended) if ended else None,
        stopping=row["stopping"],
        lingering=row["lingering"],
        detail=row["refusal"],
    )


def _exit_of(ended: Mapping[str, Any]) -> Exit:
    return Exit(ended["code"], ended["at"], ended["requested"], ended["out_of_memory"])
