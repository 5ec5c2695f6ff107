"""Which services a table shows, and in which order: what the user chose, as a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from devenv.model.state import State
from devenv.tui.snapshot import Service
from devenv.tui.unwell import unwell
from devenv.tui.usage import Usage
from devenv.tui.view import View


class Sort(StrEnum):
    """The names are what the table's title says."""

    FILE = "as in the profile"
    NAME = "by name"
    CPU = "by processor use"
    MEMORY = "by memory"


@dataclass(frozen=True, slots=True)
class Choice:
    """``text`` filters by typing; ``marked`` are the names that an action is meant for."""

    text: str = ""
    hide_stopped: bool = False
    sort: Sort = Sort.FILE
    marked: frozenset[str] = frozenset()

    def next_sort(self) -> Sort:
        every = list(Sort)
        return every[(every.index(self.sort) + 1) % len(every)]


AT_REST = frozenset({State.STOPPED, State.SKIPPED, State.DONE, State.SCHEDULED})


def arranged(view: View, choice: Choice) -> tuple[Service, ...]:
    """The services to show. What has failed comes first, then what is unwell, in any order."""
    usage = view.usage
    shown = [one for one in view.services if _is_shown(one, choice)]
    if choice.sort is Sort.NAME:
        shown.sort(key=lambda one: one.name)
    elif choice.sort is Sort.CPU:
        shown.sort(key=lambda one: -_cpu(usage, one.name))
    elif choice.sort is Sort.MEMORY:
        shown.sort(key=lambda one: -_memory(usage, one.name))
    ill = unwell(view.snapshot.services, view.now)
    return tuple(
        sorted(shown, key=lambda one: (one.state is not State.FAILED, one.name not in ill))
    )


def left_out(view: View, shown: Sequence[Service], choice: Choice) -> tuple[str, ...]:
    """How many services are not shown, how many are marked, and how many of these are not shown."""
    told = []
    if hidden := len(view.services) - len(shown):
        told.append(f"{hidden} service{'s' * (hidden > 1)} not shown")
    marked = choice.marked & {one.name for one in view.services}
    if marked:
        unseen = len(marked - {one.name for one in shown})
        told.append(f"{len(marked)} marked{f', {unseen} of them not shown' * bool(unseen)}")
    return tuple(told)


def _is_shown(service: Service, choice: Choice) -> bool:
    if choice.hide_stopped and service.state in AT_REST:
        return False
    words = choice.text.lower().split()
    about = f"{service.name} {service.state.value} {service.runtime} {service.reason}".lower()
    return all(word in about for word in words)


def _cpu(usage: Usage, name: str) -> float:
    use = usage.services.get(name)
    return (use.cpu or 0.0) if use else 0.0


def _memory(usage: Usage, name: str) -> int:
    use = usage.services.get(name)
    return use.memory if use else 0
