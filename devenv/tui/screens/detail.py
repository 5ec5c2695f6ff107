"""One service: why it is as it is, what happened to it, what it was made of, its neighbours."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from devenv.tui import keys
from devenv.tui.detail import page, title_of
from devenv.tui.screens.asking import Question
from devenv.tui.screens.base import ViewScreen
from devenv.tui.screens.services import ServicesScreen
from devenv.tui.snapshot import Service
from devenv.tui.told import LOOK_EVERY, Inspection, Probe, asked, read_inspection, read_probe
from devenv.tui.view import View
from devenv.tui.widgets.plain import Plain


class DetailScreen(ViewScreen):
    """What is asked for stands where it stood, until there is something newer."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.DETAIL)]
    where = keys.DETAIL

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service
        self._told = Question(self, self._ask, Inspection())
        self._probe: Question[Probe | None] = Question(self, self._ask_probe, None)
        self._due = 0.0
        """When the probe will have been tried again."""

    def body(self) -> Iterable[Widget]:
        yield Plain(id="title")
        with VerticalScroll(id="page"):
            yield Plain(id="parts")

    def on_mount(self) -> None:
        self.query_one("#page").focus()
        self.set_interval(LOOK_EVERY, self._look)

    def draw(self, view: View) -> None:
        service = view.snapshot.service(self._service)
        if service is None:
            self.dismiss()
            return
        self._told.renew()
        self._probe.renew()
        told, probe = self._told.answer, self._probe.answer
        self.query_one("#title", Plain).show(lambda width: (title_of(service, view.now),))
        self.query_one("#parts", Plain).show(lambda width: page(service, told, probe, view, width))

    def meant(self) -> tuple[Service, ...]:
        service = self.app.view.snapshot.service(self._service)
        return (service,) if service else ()

    def action_back(self) -> None:
        self.dismiss()

    def action_logs(self) -> None:
        self.app.action_show(keys.SERVICES)
        self.app.get_screen(keys.SERVICES, ServicesScreen).show_logs((self._service,))

    def action_scroll(self, direction: int) -> None:
        self.query_one("#page").scroll_relative(y=direction, animate=False)

    def _look(self) -> None:
        if self._probe.answer is not None and self.app.desk.now() >= self._due:
            self._probe.look_again()

    async def _ask_probe(self) -> Probe | None:
        probe = read_probe(await self.app.ask("inspect", service=self._service))
        if probe is not None:
            self._due = probe.next_look(self.app.desk.now())
        return probe

    async def _ask(self) -> Inspection:
        questions = asked(self._service)
        answers = await gather(
            *(self.app.ask(method, **params) for method, params in questions.items())
        )
        return read_inspection(dict(zip(questions, answers, strict=True)), self._service)
