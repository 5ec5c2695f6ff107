"""The main screen: services above, their merged logs below."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from devenv.tui import keys
from devenv.tui.cells import services_table
from devenv.tui.lines import nothing_there, rule
from devenv.tui.order import Choice, arranged, left_out
from devenv.tui.screens.base import ViewScreen
from devenv.tui.snapshot import Service
from devenv.tui.view import View
from devenv.tui.widgets.plain import Plain
from devenv.tui.widgets.rows import Rows

if TYPE_CHECKING:
    from devenv.tui.widgets.logs import Logs


class ServicesScreen(ViewScreen):
    """Its own state is what the user chose to see."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.SERVICES)]
    where = keys.SERVICES

    def __init__(self) -> None:
        super().__init__()
        self._choice = Choice()
        self._only: tuple[str, ...] = ()
        """Services whose logs are shown; none: all."""
        self._logs: Logs | None = None
        """Added once the table is painted: to load it takes as long as all the rest."""

    def body(self) -> Iterable[Widget]:
        yield Rows(id="services")
        yield Plain(id="log-rule")

    def on_mount(self) -> None:
        self.query_one("#services").focus()
        self.call_after_refresh(self._add_logs)

    def draw(self, view: View) -> None:
        shown = arranged(view, self._choice)
        empty = "Nothing matches." if view.services else nothing_there(view, "services")
        self.query_one("#services", Rows).show(
            lambda width: services_table(shown, view, width, self._choice.sort),
            self._choice.marked,
            empty,
        )
        whose = ", ".join(self._only) or "all services"
        about = " · ".join((whose, *left_out(view, shown, self._choice)))
        is_focused = self.is_in_logs
        self.query_one("#log-rule", Plain).show(
            lambda width: (rule("Logs", about, width, is_focused=is_focused),)
        )
        if self._logs is not None:
            self._logs.follow(view)

    def begin_anew(self) -> None:
        self._choice, self._only = Choice(), ()
        self.query("#filter").remove()
        self.remove_class("zoomed")
        if self._logs is not None:
            self._logs.show(None)

    def meant(self) -> tuple[Service, ...]:
        """The marked services of those that are shown, else the one that the cursor is on."""
        rows = self.query_one("#services", Rows)
        names = self._choice.marked & set(rows.keys) or {rows.cursor}
        return tuple(one for one in self.app.view.services if one.name in names)

    def action_mark(self) -> None:
        rows = self.query_one("#services", Rows)
        if rows.cursor:
            self._choose(replace(self._choice, marked=self._choice.marked ^ {rows.cursor}))
            rows.action_down()

    async def action_filter(self) -> None:
        if not self.query("#filter"):
            field = Input(placeholder="filter", id="filter", compact=True)
            await self.mount(field, before="#log-rule")
        self.set_focus(self.query_one("#filter"))

    def action_hide(self) -> None:
        self._choose(replace(self._choice, hide_stopped=not self._choice.hide_stopped))

    def action_sort(self) -> None:
        self._choose(replace(self._choice, sort=self._choice.next_sort()))
        self.app.notify(f"Sorted {self._choice.sort.value}", timeout=2)

    def action_logs(self) -> None:
        """Those of what is meant; the same once more: all again."""
        names = tuple(one.name for one in self.meant())
        self.show_logs(() if names == self._only else names)

    def show_logs(self, services: tuple[str, ...]) -> None:
        """Those of these services; none: of all."""
        self._only = services
        if self._logs is not None:
            self._logs.show(services or None)
        self.take(self.app.view)

    def action_zoom(self) -> None:
        if self._logs is not None:
            self.toggle_class("zoomed")
            zoomed = self.has_class("zoomed")
            (self._logs.lines if zoomed else self.query_one("#services")).focus()

    def on_log_view_left(self) -> None:
        self.remove_class("zoomed")
        self.query_one("#services").focus()
        self.app.notify("Back in the table: keys are for services", timeout=2)

    async def action_clear(self) -> None:
        self.query_one("#services").focus()
        await self.query("#filter").remove()
        self._choose(replace(self._choice, text="", marked=frozenset()))
        self.app.clear_notifications()
        self.app.show_view(refused="")

    @on(Input.Changed, "#filter")
    def _typed(self, event: Input.Changed) -> None:
        self._choose(replace(self._choice, text=event.value))

    @on(Input.Submitted, "#filter")
    def _typed_all(self) -> None:
        self.query_one("#services").focus()

    def on_rows_moved(self) -> None:
        self.show_keys()

    def on_rows_chosen(self) -> None:
        self.action_detail()

    def action_detail(self) -> None:
        if cursor := self.query_one("#services", Rows).cursor:
            self.app.show_detail(cursor)

    async def _add_logs(self) -> None:
        from devenv.tui.widgets.logs import Logs

        if not self.is_attached:  # it was left at once
            return
        self._logs = Logs(id="logs")
        await self.mount(self._logs, after="#log-rule")
        self.show_logs(self._only)

    def _choose(self, choice: Choice) -> None:
        self._choice = choice
        self.take(self.app.view)
