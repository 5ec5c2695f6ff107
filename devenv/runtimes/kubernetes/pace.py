"""How patient a watch is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: how long a watch lasts, how much longer its silence is borne, between two tries.

    ``borne``: how long it may fail, once all was well, before that is anybody's business.
    """

    watch: float = 60.0
    margin: float = 15.0
    first_delay: float = 0.5
    longest_delay: float = 30.0
    borne: float = 180.0
