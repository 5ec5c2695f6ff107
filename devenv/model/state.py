"""How far a replica is: the one word that all front ends show."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    READY = "ready"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"
    SCHEDULED = "scheduled"
    SKIPPED = "skipped"


HEALTHY_TIME = 10.0
"""Seconds that a unit must have run for its failures before not to count any more."""
