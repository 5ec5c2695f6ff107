"""Tasks: run one, see its last result and what it wrote."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from devenv.tui import keys
from devenv.tui.lines import nothing_there, rule
from devenv.tui.listings import how_to_have_one, tasks_table
from devenv.tui.screens.asking import Question
from devenv.tui.screens.base import ViewScreen
from devenv.tui.snapshot import Service
from devenv.tui.told import Event, read_events
from devenv.tui.view import View
from devenv.tui.widgets.logs import Logs
from devenv.tui.widgets.plain import Plain
from devenv.tui.widgets.rows import Rows


class TasksScreen(ViewScreen):
    """The log below is that of the task under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.TASKS)]
    where = keys.TASKS

    def __init__(self) -> None:
        super().__init__()
        self._events: Question[tuple[Event, ...]] = Question(self, self._ask, ())

    def body(self) -> Iterable[Widget]:
        yield Rows(id="tasks")
        yield Plain(id="no-tasks")
        yield Plain(id="log-rule")
        yield Logs(id="logs")

    def on_mount(self) -> None:
        self.query_one("#tasks").focus()

    def draw(self, view: View) -> None:
        self._events.renew()
        events = self._events.answer
        rows = self.query_one("#tasks", Rows)
        rows.show(
            lambda width: tasks_table(view.tasks, events, view.now, width),
            empty=nothing_there(view, "tasks"),
        )
        self.query_one("#no-tasks", Plain).show(lambda width: how_to_have_one(view, width))
        is_focused = self.is_in_logs
        self.query_one("#log-rule", Plain).show(
            lambda width: (rule("Output", rows.cursor, width, is_focused=is_focused),)
        )
        self.set_class(not view.tasks, "without-tasks")
        logs = self.query_one("#logs", Logs)
        logs.show([rows.cursor])
        logs.follow(view)

    def meant(self) -> tuple[Service, ...]:
        cursor = self.query_one("#tasks", Rows).cursor
        return tuple(one for one in self.app.view.tasks if one.name == cursor)

    def on_rows_moved(self) -> None:
        self.take(self.app.view)

    def on_log_view_left(self) -> None:
        self.query_one("#tasks").focus()
        self.app.notify("Back in the table: keys are for tasks", timeout=2)

    def on_rows_chosen(self) -> None:
        self.action_do("run")

    async def _ask(self) -> tuple[Event, ...]:
        return read_events(await self.app.ask("events", limit=1000))
