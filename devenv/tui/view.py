"""All that screens show, as one frozen value: the newest of everything the daemon told."""

from __future__ import annotations

from dataclasses import dataclass, field

from devenv.tui.snapshot import Service, Snapshot
from devenv.tui.usage import Usage

PROBLEMS_ABOVE = "the profile has errors: they stand above"
REFUSED_ABOVE = "it was refused: why stands above"


@dataclass(frozen=True, slots=True)
class View:
    """``now``: seconds since the epoch. ``away``: why there is no daemon, "" where there is one.

    ``refused``: why what was asked for last was not done.
    """

    snapshot: Snapshot = field(default_factory=Snapshot)
    usage: Usage = field(default_factory=Usage)
    now: float = 0.0
    away: str = ""
    refused: str = ""

    @property
    def untrue(self) -> tuple[str, ...]:
        """What is not to be said any more of what stands above the table."""
        has_errors = any(not one.warning for one in self.snapshot.problems)
        stands = ((PROBLEMS_ABOVE, has_errors), (REFUSED_ABOVE, bool(self.refused)))
        return tuple(text for text, holds in stands if not holds)

    @property
    def services(self) -> tuple[Service, ...]:
        return tuple(one for one in self.snapshot.services if not one.is_task)

    @property
    def tasks(self) -> tuple[Service, ...]:
        return tuple(one for one in self.snapshot.services if one.is_task)
