"""All that screens show, as one frozen value: the newest of everything the daemon told."""

from __future__ import annotations

from dataclasses import dataclass, field

from devenv.tui.snapshot import Service, Snapshot
from devenv.tui.usage import Usage


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
    def services(self) -> tuple[Service, ...]:
        return tuple(one for one in self.snapshot.services if not one.is_task)

    @property
    def tasks(self) -> tuple[Service, ...]:
        return tuple(one for one in self.snapshot.services if one.is_task)
