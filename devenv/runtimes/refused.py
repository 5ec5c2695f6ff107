"""The unit that stands for what an engine or a cluster has refused to make."""

from __future__ import annotations

import time

from devenv.errors import DevenvError
from devenv.model.plan import Start
from devenv.model.unit import Exit, Unit

NOT_MADE = 125
"""Its exit code, as `docker run` has it."""


def not_made(step: Start, runtime: str, error: DevenvError) -> Unit:
    """A unit that has ended now, and says why."""
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    replica = step.replica
    return Unit(
        replica.id,
        runtime,
        replica.fingerprint,
        replica.generation,
        step.attempt,
        step.restarts,
        started=now,
        exit=Exit(NOT_MADE, now, why=error.told),
    )
