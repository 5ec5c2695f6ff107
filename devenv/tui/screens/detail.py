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
from devenv.tui.told import Inspection, asked, read_inspection
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

    def body(self) -> Iterable[Widget]:
        yield Plain(id="title")
        with VerticalScroll(id="page"):
            yield Plain(id="parts")

    def on_mount(self) -> None:
        self.query_one("#page").focus()

    def draw(self, view: View) -> None:
        service = view.snapshot.service(self._service)
        if service is None:
            self.dismiss()
            return
        self._told.renew()
        told = self._told.answer
        self.query_one("#title", Plain).show(lambda width: (title_of(service, view.now),))
        self.query_one("#parts", Plain).show(lambda width: page(service, told, view, width))

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

    async def _ask(self) -> Inspection:
        questions = asked(self._service)
        answers = await gather(
            *(self.app.ask(method, **params) for method, params in questions.items())
        )
        return read_inspection(dict(zip(questions, answers, strict=True)), self._service)
