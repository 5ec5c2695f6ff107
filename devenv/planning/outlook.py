"""What comes next for a replica, in the words of who waits for it; "" where that is plain."""

from __future__ import annotations

from typing import assert_never

from devenv.model.plan import Hold, HoldKind, Pause, Prepare, Remove, Start, Step, StopUnit
from devenv.model.state import State

_NOT_BY_ITSELF = "it is not tried again by itself: `devenv up` does that"
_AWAY = {
    "process": "the keeper of host processes",
    "docker": "the engine",
    "kubernetes": "the cluster",
}


def outlook(state: State, runtime: str, decided: Step | Hold | None) -> str:
    """Say what is done, or what would have to happen first."""
    match decided:
        case None:
            return _NOT_BY_ITSELF if state is State.FAILED else ""
        case Start(_, _, cause, attempt):
            again = f", for the {_ordinal(attempt + 1)} time in a row" if attempt else ""
            return f"it is started now{again}: {cause}"
        case StopUnit(_, _, grace, _):
            return f"it is being stopped: it has {grace:g} s to end, then it is killed"
        case Pause(_, paused, _):
            return "it is being paused" if paused else "it is let go on"
        case Remove() | Prepare():
            return "what is left of it is cleared away"
        case Hold():
            return _held(runtime, decided)
        case _:
            assert_never(decided)


def _held(runtime: str, hold: Hold) -> str:
    away, on = _AWAY.get(runtime, runtime), " and ".join(hold.on)
    return _HELD[hold.kind].format(away=away, on=on)


_HELD = {
    HoldKind.BUSY: "",
    HoldKind.BACKING_OFF: "",
    HoldKind.DEPENDANTS: "it is stopped once they have ended",
    HoldKind.PREPARING: "it starts by itself as soon as that is there",
    HoldKind.DEPENDENCY: "it starts by itself as soon as that is so",
    HoldKind.DEPENDENCY_FAILED: (
        "it starts by itself once {on} is well: `devenv up` tries that again"
    ),
    HoldKind.GAVE_UP: _NOT_BY_ITSELF,
    HoldKind.PORT: "it starts by itself as soon as the port is free",
    HoldKind.RUNTIME_AWAY: "it goes on by itself as soon as {away} answers",
    HoldKind.FAILING: "it is tried again by itself from time to time, and at once by `devenv up`",
    HoldKind.RETRYING: "it is tried again at once",
}
"""What follows on each kind of hold, behind the reason that the hold itself gives."""


def _ordinal(number: int) -> str:
    last = "th" if number % 100 in {11, 12, 13} else _ENDINGS.get(number % 10, "th")
    return f"{number}{last}"


_ENDINGS = {1: "st", 2: "nd", 3: "rd"}
