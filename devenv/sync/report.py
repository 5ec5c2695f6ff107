"""What was sent, put together so that it is told at most once in a while. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

EVERY = 1.0
"""Seconds between two of what is told."""


@dataclass(frozen=True, slots=True)
class Sent:
    """``files`` count deletions too; ``seconds``: from a save to the last file's arrival."""

    files: int = 0
    bytes: int = 0
    seconds: float = 0.0

    def with_more(self, more: Sent) -> Sent:
        seconds = max(self.seconds, more.seconds)
        return Sent(self.files + more.files, self.bytes + more.bytes, seconds)


@dataclass(frozen=True, slots=True)
class Report:
    """``waiting`` has not been told yet, ``told`` is when the last was (monotonic)."""

    waiting: Sent = field(default_factory=Sent)
    told: float = float("-inf")

    @property
    def due(self) -> float | None:
        """When to tell; None: there is nothing to tell."""
        return self.told + EVERY if self.waiting != Sent() else None
