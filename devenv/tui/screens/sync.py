"""The files that follow into containers: how far each target is, what is in the way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from devenv.tui import keys
from devenv.tui.lines import rule
from devenv.tui.screens.asking import Question
from devenv.tui.screens.base import ViewScreen
from devenv.tui.snapshot import Service
from devenv.tui.synced import Synced, fault_lines, read_synced, synced_table
from devenv.tui.told import LOOK_EVERY
from devenv.tui.view import View
from devenv.tui.widgets.plain import Plain
from devenv.tui.widgets.rows import Rows


class SyncScreen(ViewScreen):
    """Looks again every second while it is shown: what is sent changes no snapshot."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.SYNC)]
    where = keys.SYNC

    def __init__(self) -> None:
        super().__init__()
        self._synced: Question[tuple[Synced, ...]] = Question(self, self._ask, ())

    def body(self) -> Iterable[Widget]:
        yield Rows(id="synced")
        yield Plain(id="below")
        with VerticalScroll(id="page"):
            yield Plain(id="faults")

    def on_mount(self) -> None:
        self.query_one("#synced").focus()
        self.set_interval(LOOK_EVERY, self._synced.look_again)

    def draw(self, view: View) -> None:
        self._synced.renew()
        found, root = self._synced.answer, view.snapshot.place.path
        empty = self._synced.unless_loading("Nothing is synced: no service that is up has a rule.")
        self.query_one("#synced", Rows).show(
            lambda width: synced_table(found, root, width), empty=empty
        )
        what = "Problems and conflicts" if any(one.faults for one in found) else "No problems"
        self.query_one("#below", Plain).show(
            lambda width: (rule(what, "", width),) if found else ()
        )
        self.query_one("#faults", Plain).show(lambda width: fault_lines(found))

    def meant(self) -> tuple[Service, ...]:
        cursor = self.query_one("#synced", Rows).cursor
        names = {one.service for one in self._synced.answer if one.key == cursor}
        return tuple(one for one in self.app.view.snapshot.services if one.name in names)

    def on_rows_moved(self) -> None:
        self.show_keys()

    def on_rows_chosen(self) -> None:
        self.action_detail()

    async def _ask(self) -> tuple[Synced, ...]:
        return read_synced(await self.app.ask("sync.status"))
