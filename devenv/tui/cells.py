"""What stands in the tables: cells of services, tasks and the rest, made from frozen values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from devenv.api.wording import duration, listed, size
from devenv.model.state import State
from devenv.tui.order import Sort
from devenv.tui.snapshot import Service
from devenv.tui.table import Cell, Column, Laid, Row, laid
from devenv.tui.unwell import keeps_ending, unwell
from devenv.tui.usage import Usage, bars
from devenv.tui.view import View

LOOKS: dict[State, tuple[str, str]] = {
    State.READY: ("●", "good"),
    State.DONE: ("✓", "good"),
    State.RUNNING: ("◐", "busy"),
    State.STARTING: ("◔", "busy"),
    State.WAITING: ("◌", "wait"),
    State.STOPPING: ("◑", "wait"),
    State.PAUSED: ("‖", "wait"),
    State.FAILED: ("✗", "bad"),
    State.STOPPED: ("○", "dim"),
    State.SCHEDULED: ("◷", "dim"),
    State.SKIPPED: ("–", "dim"),
}
"""A shape and a role for each state: no state is told by its colour alone."""

LOOPS = ("↻", "wait")
"""That of what ends again and again, whatever its state is between two ends."""

_WIDE = 130
"""From this width on, addresses and reasons have columns of their own."""
_HISTORY = 10


def services_table(
    services: Sequence[Service], view: View, width: int, sort: Sort = Sort.FILE
) -> Laid:
    """The table of the main screen; its head says what it is sorted by."""
    wide = width >= _WIDE
    ill = unwell(view.snapshot.services, view.now)
    rows = [
        Row(one.name, (*_common(one, view), *_about(one, is_ill=one.name in ill, wide=wide)))
        for one in services
    ]
    columns = [_headed(one, sort) for one in (_COLUMNS_WIDE if wide else _COLUMNS)]
    return laid(columns, rows, width)


def _headed(column: Column, sort: Sort) -> Column:
    return replace(column, head=f"{column.head} ▾") if column.head == _SORTED.get(sort) else column


_SORTED = {Sort.NAME: "SERVICE", Sort.CPU: "CPU", Sort.MEMORY: "MEMORY"}


_COMMON = (
    Column("SERVICE", most=28),
    Column("STATE"),
    Column("HEALTH", rank=7),
    Column("RUNS AS", rank=8),
    Column("RESTARTS", rank=6, right=True),
    Column("UP", rank=2, right=True, least=3),
    Column("CPU", rank=3, right=True, least=5),
    Column("MEMORY", rank=4, right=True, least=7),
    Column("OF LATE", rank=5, right=True, least=_HISTORY),
)
_COLUMNS = (*_COMMON, Column("ADDRESS OR REASON", grows=True, least=30))
_COLUMNS_WIDE = (
    *_COMMON,
    Column("ADDRESS", grows=True, least=12),
    Column("REASON", grows=True, least=20),
)


def _common(service: Service, view: View) -> tuple[Cell, ...]:
    use = view.usage.services.get(service.name) if service.runs else None
    count = len(service.replicas)
    name = f"{service.name} ×{count}" if count > 1 else service.name
    health_role = "bad" if service.health in {"failing", "unhealthy"} else "dim"
    return (
        Cell(name, "strong" if service.state is State.FAILED else "plain"),
        state_cell(service.state, loops=keeps_ending(service, view.now)),
        Cell("" if service.health == "none" else service.health, health_role),
        Cell(service.runtime, "dim"),
        Cell(str(service.restarts or ""), "wait"),
        Cell(up_for(service, view.now), "dim"),
        Cell(f"{use.cpu:.0f} %" if use and use.cpu is not None else ""),
        Cell(size(use.memory) if use else ""),
        Cell(bars(use.memories, _HISTORY) if use else "", "history"),
    )


def _about(service: Service, *, is_ill: bool, wide: bool) -> tuple[Cell, ...]:
    address = Cell(" ".join(port.address for port in service.ports), "link")
    role = "bad" if service.state is State.FAILED else "wait" if is_ill else "dim"
    reason = Cell(reason_of(service) or _ends(service) * is_ill, role)
    if wide:
        return address, reason
    at_ease = service.state in {State.READY, State.STOPPED, State.DONE} and not is_ill
    is_calm = at_ease or not reason.text
    return (address if is_calm and address.text else reason,)


def state_cell(state: State, *, loops: bool = False) -> Cell:
    symbol, role = LOOPS if loops else LOOKS[state]
    return Cell(f"{symbol} {state.value}", role)


def reason_of(service: Service) -> str:
    """Why it is as it is: of a failed one its last words too, else what it waits for."""
    if service.reason:
        words = f": {service.tail[-1].strip()}" if service.tail else ""
        return f"{service.reason}{words}".replace("\n", " ")
    if service.state is State.WAITING and service.waits_for:
        return f"for {listed(service.waits_for)}"
    return ""


def _ends(service: Service) -> str:
    match service.restarts:
        case 0:
            return ""
        case 1:
            return "has ended by itself, 1 time so far"
    return f"ends again and again, {service.restarts} times so far"


def up_for(service: Service, now: float) -> str:
    """How long it has been running, in one unit while it is young: ``12s``, ``7m``, ``2h 10m``."""
    if service.started is None or not service.runs:
        return ""
    seconds = max(now - service.started, 0.0)
    if seconds < 60:
        return f"{int(seconds)}s"
    return duration(seconds).split()[0] if seconds < 3600 else duration(seconds)


_ORDER = (
    State.FAILED,
    State.WAITING,
    State.STARTING,
    State.RUNNING,
    State.STOPPING,
    State.PAUSED,
    State.READY,
    State.DONE,
)


def counts(services: Sequence[Service], now: float, *, in_words: bool) -> tuple[Cell, ...]:
    """How many services are in which state, the worst first; what is at rest is not told.

    What ends again and again counts as that alone: it is ready only between two ends.
    """
    looping = [one for one in services if keeps_ending(one, now)]
    steady = [one for one in services if one not in looping]
    failed, *others = (
        (LOOKS[state], sum(one.state is state for one in steady), state.value) for state in _ORDER
    )
    told = (failed, (LOOPS, len(looping), "ending again"), *others)
    return tuple(
        Cell(f"{symbol} {count}" + f" {word}" * in_words, role)
        for (symbol, role), count, word in told
        if count
    )


def tasks_told(tasks: Sequence[Service]) -> tuple[Cell, ...]:
    """How many tasks run or have failed."""
    return tuple(
        Cell(f"{LOOKS[state][0]} {count} task{'s' * (count > 1)} {word}", LOOKS[state][1])
        for state, word in ((State.FAILED, "failed"), (State.RUNNING, "running"))
        if (count := sum(one.state is state for one in tasks))
    )


def totals(usage: Usage) -> tuple[Cell, ...]:
    """What all of it uses."""
    if not usage.services:
        return ()
    return (Cell(f"CPU {usage.cpu:.0f} %", "dim"), Cell(size(usage.memory), "dim"))
