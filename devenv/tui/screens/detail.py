"""One service: why it is as it is, what happened to it, what it was made of, its neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from devenv.errors import DevenvError
from devenv.tui import keys
from devenv.tui.detail import page, title_of
from devenv.tui.screens.base import ViewScreen
from devenv.tui.snapshot import Service
from devenv.tui.told import Inspection, asked, read_inspection
from devenv.tui.view import View
from devenv.tui.widgets.plain import Plain
from devenv.tui.working import begin


class DetailScreen(ViewScreen):
    """Asks anew whenever the environment has changed."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.DETAIL)]
    where = keys.DETAIL

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service
        self._told = Inspection()
        self._revision: int | None = None

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
        told = self._told
        self.query_one("#title", Plain).show(lambda width: (title_of(service, view.now),))
        self.query_one("#parts", Plain).show(lambda width: page(service, told, view, width))
        if view.snapshot.revision != self._revision and not view.away:
            self._revision = view.snapshot.revision
            begin(self, self._ask, exclusive=True)

    def meant(self) -> tuple[Service, ...]:
        service = self.app.view.snapshot.service(self._service)
        return (service,) if service else ()

    def action_back(self) -> None:
        self.dismiss()

    def action_scroll(self, direction: int) -> None:
        self.query_one("#page").scroll_relative(y=direction, animate=False)

    async def _ask(self) -> None:
        try:
            told = {
                method: await self.app.ask(method, **params)
                for method, params in asked(self._service).items()
            }
        except DevenvError as error:
            self.app.tell(error)
            return
        self._told = read_inspection(told, self._service)
        self.take(self.app.view)
