"""The tables of the other screens: tasks, environments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devenv.api.wording import duration, ends_soon, size
from devenv.model.state import State
from devenv.tui.cells import reason_of, state_cell
from devenv.tui.lines import cut
from devenv.tui.snapshot import Service
from devenv.tui.table import Cell, Column, Laid, Line, Row, laid
from devenv.tui.told import Event, Known
from devenv.tui.usage import Usage
from devenv.tui.view import View


def tasks_table(tasks: Sequence[Service], events: Sequence[Event], now: float, width: int) -> Laid:
    """Tasks, how they ended last, and when."""
    columns = (
        Column("TASK", most=28),
        Column("STATE"),
        Column("RUNS AS", rank=3),
        Column("EXIT", rank=1, right=True),
        Column("LAST RUN", rank=2, right=True),
        Column("TOOK", rank=2, right=True),
        Column("REASON", grows=True, least=20),
    )
    rows = [Row(one.name, _task(one, events, now)) for one in tasks]
    return laid(columns, rows, width)


HOW_TO_HAVE_A_TASK = (
    "A task is what runs to its end. This one is written in devenv.profile.yaml:",
    "",
    "  tasks:",
    "    migrate:",
    "      command: ./migrate.sh",
    "",
    "It runs by `devenv run migrate`, by ⏎ here, or ahead of what depends on it.",
    "A Compose file has none: its services can move to the profile as they are.",
)


def how_to_have_one(view: View, width: int) -> tuple[Line, ...]:
    """What is to be written for a task, where the profile has none."""
    if view.tasks or view.snapshot.is_unread:
        return ()
    return ((), *(cut((Cell(f"  {line}", "dim"),), width) for line in HOW_TO_HAVE_A_TASK))


def _task(task: Service, events: Sequence[Event], now: float) -> tuple[Cell, ...]:
    own = [one for one in events if one.service == task.name]
    began = next((one.at for one in reversed(own) if one.kind == State.STARTING), None)
    ended = next((one.at for one in reversed(own) if one.kind in _ENDED), None)
    took = ended - began if began is not None and ended is not None and ended >= began else None
    skipped = "runs when asked for, or when something depends on it"
    reason = skipped if task.state is State.SKIPPED else reason_of(task)
    return (
        Cell(task.name),
        state_cell(task.state),
        Cell(task.runtime, "dim"),
        Cell("" if task.exit_code is None else str(task.exit_code)),
        Cell(f"{duration(now - ended)} ago" if ended is not None else "", "dim"),
        Cell(duration(took) if took is not None else "", "dim"),
        Cell(reason, "bad" if task.state is State.FAILED else "dim"),
    )


_ENDED = frozenset({"done", "failed", "stopped"})


def environments_table(
    known: Sequence[Known], usage: Mapping[str, Usage], here: str, now: float, width: int
) -> Laid:
    """Environments of this machine and previews alike."""
    columns = (
        Column("ENVIRONMENT", most=28),
        Column("BRANCH", rank=2, most=30),
        Column("STATE"),
        Column("RUNNING", rank=1, right=True),
        Column("CPU", rank=4, right=True),
        Column("MEMORY", rank=3, right=True),
        Column("LEFT", rank=5, right=True),
        Column("WHERE", rank=6, most=20),
        Column("PATH OR PAGE", grows=True, least=16),
    )
    rows = [Row(one.id, _environment(one, usage.get(one.id, Usage()), here, now)) for one in known]
    return laid(columns, rows, width)


def _environment(known: Known, usage: Usage, here: str, now: float) -> tuple[Cell, ...]:
    symbol, role = _WHOLES.get(known.state, ("○", "dim"))
    is_used = bool(usage.services) and known.running > 0
    return (
        Cell(f"{known.name} (shown)" if known.id == here else known.name, "plain"),
        Cell(known.branch, "dim"),
        Cell(f"{symbol} {known.state}", role),
        Cell(f"{known.running} of {known.services}" if known.services else ""),
        Cell(f"{usage.cpu:.0f} %" if is_used else ""),
        Cell(size(usage.memory) if is_used else ""),
        _left(known.expires, now),
        Cell(known.where, "dim"),
        Cell(" ".join(known.urls), "link") if known.urls else Cell(known.path, "dim"),
    )


def _left(expires: float | None, now: float) -> Cell:
    if expires is None:
        return Cell()
    if expires <= now:
        return Cell("over", "bad")
    return Cell(duration(expires - now), "wait" if ends_soon(expires, now) else "dim")


_WHOLES = {
    "ready": ("●", "good"),
    "changing": ("◔", "busy"),
    "waiting": ("◌", "wait"),
    "creating": ("◔", "busy"),
    "deleting": ("◑", "wait"),
    "failed": ("✗", "bad"),
    "down": ("○", "dim"),
}
