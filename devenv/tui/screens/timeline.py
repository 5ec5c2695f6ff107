"""The last start-up as a waterfall, and what has happened since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from devenv.tui import keys
from devenv.tui.detail import event_lines
from devenv.tui.lines import rule
from devenv.tui.screens.asking import LOADING, Question
from devenv.tui.screens.base import ViewScreen
from devenv.tui.snapshot import Service
from devenv.tui.table import Cell
from devenv.tui.told import Event, Link, read_events, read_graph
from devenv.tui.view import View
from devenv.tui.waterfall import startup, summary, waterfall
from devenv.tui.widgets.plain import Plain
from devenv.tui.widgets.rows import Rows

EVERY = 2.0
"""Seconds between two looks at what has happened."""
Told = tuple[Sequence[Event], Mapping[str, Sequence[Link]]]
"""What has happened, and what depends on what."""


class TimelineScreen(ViewScreen):
    """Asks anew whenever the environment has changed, and from time to time."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.TIMELINE)]
    where = keys.TIMELINE

    def __init__(self) -> None:
        super().__init__()
        self._told: Question[Told] = Question(self, self._ask, ((), {}))

    def body(self) -> Iterable[Widget]:
        yield Plain(id="summary")
        yield Rows(id="waterfall")
        yield Plain(id="since")
        with VerticalScroll(id="page"):
            yield Plain(id="events")

    def on_mount(self) -> None:
        self.query_one("#waterfall").focus()
        self.set_interval(EVERY, self._told.look_again)  # what was sent changes no snapshot

    def draw(self, view: View) -> None:
        self._told.renew()
        events, graph = self._told.answer
        states = {one.name: one.state.value for one in view.snapshot.services}
        shown = startup(events, graph, view.now, states)
        is_told = self._told.is_answered
        self.query_one("#summary", Plain).show(
            lambda width: (summary(shown, width) if is_told else (Cell(f" {LOADING}", "dim"),),)
        )
        self.query_one("#waterfall", Rows).show(lambda width: waterfall(shown, width))
        self.query_one("#since", Plain).show(lambda width: (rule("Since then", "", width),))
        self.query_one("#events", Plain).show(
            lambda width: event_lines(shown.later[::-1], width, named=True)
        )

    def meant(self) -> tuple[Service, ...]:
        service = self.app.view.snapshot.service(self.query_one("#waterfall", Rows).cursor)
        return (service,) if service else ()

    def on_rows_chosen(self) -> None:
        self.action_detail()

    async def _ask(self) -> Told:
        graph = read_graph(await self.app.ask("graph"))
        return read_events(await self.app.ask("events", limit=1000)), graph
