"""The main screen: services above, their merged logs below."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.events import DescendantFocus
from textual.screen import Screen
from textual.widgets import Input

from devenv.errors import DevenvError
from devenv.tui import keys
from devenv.tui.actions import fits
from devenv.tui.cells import services_table
from devenv.tui.lines import headline, key_line, notes, rule
from devenv.tui.order import Choice, arranged
from devenv.tui.snapshot import Service
from devenv.tui.view import View
from devenv.tui.widgets.log_view import LogView
from devenv.tui.widgets.plain import Plain
from devenv.tui.widgets.rows import Rows

if TYPE_CHECKING:
    from devenv.tui.app import DevenvApp

TABS = (("1", "Services"), ("2", "Tasks"), ("3", "Timeline"), ("4", "Environments"))


class ServicesScreen(Screen[None]):
    """Takes views; its own state is what the user chose to see."""

    BINDINGS: ClassVar[list[Binding]] = keys.bindings(keys.SERVICES)  # type: ignore[assignment]  # it is invariant
    app: DevenvApp

    def __init__(self) -> None:
        super().__init__()
        self._choice = Choice()
        self._only: tuple[str, ...] = ()
        """Services whose logs are shown; none: all."""
        self._replicas: frozenset[tuple[str, int]] = frozenset()

    def compose(self) -> ComposeResult:
        yield Plain(id="headline")
        yield Plain(id="notes")
        yield Rows(id="services")
        yield Input(placeholder="filter", id="filter", compact=True)
        yield Plain(id="log-rule")
        yield LogView(id="logs")
        yield Plain(id="keys")

    def on_mount(self) -> None:
        self.query_one("#filter").display = False
        self.query_one("#services").focus()
        self.take(self.app.view)

    def on_screen_resume(self) -> None:
        self.take(self.app.view)

    def take(self, view: View) -> None:
        """Draw this view."""
        tabs = [(key, title, title == "Services") for key, title in TABS]
        self.query_one("#headline", Plain).show(lambda width: (headline(view, tabs, width),))
        self.query_one("#notes", Plain).show(lambda width: notes(view, "u"))
        shown = arranged(view.services, self._choice, view.usage)
        empty = "Nothing matches." if view.services else "The profile has no services."
        self.query_one("#services", Rows).show(
            lambda width: services_table(shown, view, width), self._choice.marked, empty
        )
        self._show_lines()
        self._follow_logs(view)

    def action_do(self, verb: str) -> None:
        self.app.do(verb, self._meant())

    def action_mark(self) -> None:
        rows = self.query_one("#services", Rows)
        if rows.cursor:
            self._choose(marked=self._choice.marked ^ {rows.cursor})
            rows.action_down()

    def action_filter(self) -> None:
        field = self.query_one("#filter", Input)
        field.display = True
        field.focus()

    def action_hide(self) -> None:
        self._choose(hide_stopped=not self._choice.hide_stopped)

    def action_sort(self) -> None:
        self._choose(sort=self._choice.next_sort())

    def action_logs(self) -> None:
        """Those of what is meant; the same once more: all again."""
        names = tuple(one.name for one in self._meant())
        self._only = () if names == self._only else names
        self.query_one("#logs", LogView).show(self._only or None)
        self._show_lines()

    def action_zoom(self) -> None:
        self.toggle_class("zoomed")
        logs, rows = self.query_one("#logs"), self.query_one("#services")
        (logs if self.has_class("zoomed") else rows).focus()

    def action_clear(self) -> None:
        self.query_one("#filter", Input).value = ""
        self.query_one("#filter").display = False
        self.query_one("#services").focus()
        self._choose(text="", marked=frozenset())

    def on_input_changed(self, event: Input.Changed) -> None:
        self._choose(text=event.value)

    def on_input_submitted(self) -> None:
        self.query_one("#services").focus()

    def on_rows_moved(self) -> None:
        self._show_lines()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        self._show_lines()

    def _choose(self, **changes: object) -> None:
        self._choice = replace(self._choice, **changes)  # type: ignore[arg-type]  # one of its fields
        self.take(self.app.view)

    def _meant(self) -> tuple[Service, ...]:
        """The marked services, else the one that the cursor is on."""
        cursor = self.query_one("#services", Rows).cursor
        names = self._choice.marked or {cursor}
        return tuple(one for one in self.app.view.services if one.name in names)

    def _show_lines(self) -> None:
        meant = self._meant()
        remapped = self.app.settings.keys
        here, everywhere = (
            [
                (key, keys.press(key, remapped))
                for key in keys.of(where)
                if key.when and fits(key.when, meant)
            ]
            for where in (keys.SERVICES, keys.APP)
        )
        self.query_one("#keys", Plain).show(lambda width: (key_line(here, everywhere, width),))
        whose = ", ".join(self._only) or "all services"
        self.query_one("#log-rule", Plain).show(lambda width: (rule("Logs", whose, width),))

    def _follow_logs(self, view: View) -> None:
        """Take the logs anew when replicas have come or gone."""
        services = view.snapshot.services
        found = frozenset((one.name, r.index) for one in services for r in one.replicas)
        if found != self._replicas and not view.away:
            self._replicas = found
            self.run_worker(self._take_logs(), exclusive=True, group="logs")

    async def _take_logs(self) -> None:
        try:
            self.query_one("#logs", LogView).set_sources(await self.app.sources())
        except DevenvError:
            self._replicas = frozenset()  # the next view tries again
