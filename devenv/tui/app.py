"""The app: it holds the newest view, hands it to the screen, and performs what keys ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from textual.app import App
from textual.binding import BindingType
from textual.filter import NoColor
from textual.screen import Screen
from textual.worker import Worker

from devenv.api.connection import LostError, NoDaemonError
from devenv.api.targets import environment_target
from devenv.errors import DevenvError
from devenv.tui import keys, themes
from devenv.tui.desk import Asking, Desk
from devenv.tui.feed import Feed
from devenv.tui.screens.base import TABS
from devenv.tui.screens.opening import commands, help_screen, opened
from devenv.tui.settings import Settings
from devenv.tui.snapshot import NOTHING_CHOSEN, Service, read
from devenv.tui.telling import Telling
from devenv.tui.usage import fold
from devenv.tui.view import View
from devenv.tui.working import begin

if TYPE_CHECKING:
    from devenv.tui.actions import Deed


@runtime_checkable
class Shows(Protocol):
    """A screen that draws the view."""

    def take(self, view: View) -> None: ...


class DevenvApp(Telling):
    """The terminal UI of one environment at a time."""

    CSS_PATH = "app.tcss"
    TITLE = "devenv"
    COMMANDS = {commands}  # noqa: RUF012 - as Textual has it
    SCREENS = {name: partial(opened, name) for name in TABS}  # noqa: RUF012 - as Textual has it
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.APP)]

    def __init__(self, desk: Desk, client: Asking, settings: Settings) -> None:
        super().__init__()
        self.desk = desk
        self.client = client
        self.settings = settings
        self.view = View(read(desk.first), now=self.desk.now(), refused=desk.refused)
        self._document: Mapping[str, Any] = desk.first
        self._feeding: list[Worker[None]] = []
        if self.no_color:
            self._filters = [NoColor()]  # Textual's own choice is greys
        self.set_keymap(settings.keys)
        for theme in themes.ALL:
            self.register_theme(theme)
        self.set_reactive(App.theme, settings.theme)  # to be told of it would mean all CSS twice
        self.stylesheet.set_variables(self.get_css_variables())

    def get_default_screen(self) -> Screen[None]:
        return self.get_screen(keys.SERVICES)

    def on_mount(self) -> None:
        if problems := "\n".join(self.settings.problems):
            self.notify(problems, title=self.settings.file, severity="warning", timeout=15)
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        if self.view.snapshot.is_of_nothing:
            self.call_after_refresh(self.action_show, keys.ENVIRONMENTS)
        else:
            self.call_after_refresh(self._follow, self.desk.first["revision"])

    def show_view(self, **changes: Any) -> None:
        """Change the view, and have the screen draw it, if the app has not closed meanwhile."""
        self.view = replace(self.view, now=self.desk.now(), **changes)
        self.take_back(self.view.untrue)
        if self.screen_stack and isinstance(self.screen, Shows):
            self.screen.take(self.view)

    def do(self, verb: str, services: tuple[Service, ...] = ()) -> None:
        """What a key means for these services."""
        from devenv.tui.actions import Situation, decide

        self.perform(decide(verb, Situation(self.view.snapshot, services, self.desk.caller)))

    @property
    def target(self) -> dict[str, Any]:
        """The environment that is shown, as requests name it."""
        return environment_target(self.view.snapshot.place.id)

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """What the daemon answers about the environment that is shown."""
        return await self.client.call(method, {"target": self.target, **params})

    def tell(self, error: DevenvError) -> None:
        """Say what went wrong, where it disturbs nobody; that the daemon is away is said above."""
        if not self.view.away and not isinstance(error, LostError | NoDaemonError):
            self.notify(error.text, severity="error", timeout=10)

    def switch(self, environment: str) -> None:
        """Show another environment."""
        begin(self, self._switch, environment, exclusive=True, group="switch")

    def action_do(self, verb: str) -> None:
        self.do(verb)

    def action_show(self, name: str) -> None:
        """One of the five screens, as it was left; what is open above them is closed.

        Where no environment is shown, there is only the one to choose it on.
        """
        if self.view.snapshot.is_of_nothing and name != keys.ENVIRONMENTS:
            self.notify(NOTHING_CHOSEN, severity="warning")
            return
        depth = 1 if name == keys.SERVICES else 2
        while len(self.screen_stack) > depth:
            self.pop_screen()
        if len(self.screen_stack) < depth:
            self.push_screen(name)
        elif name != keys.SERVICES:
            self.switch_screen(name)

    def action_help(self) -> None:
        where = getattr(self.screen, "where", "")
        self.push_screen(help_screen(where, self.settings.keys))

    def show_detail(self, service: str) -> None:
        """Show what is known of a service."""
        self.push_screen(opened("detail", service))

    def action_next_theme(self) -> None:
        self.theme = themes.after(self.theme)

    def perform(self, deed: Deed) -> None:
        """Do what was decided."""
        from devenv.tui.performing import perform

        perform(self, deed)

    def take_document(self, document: Mapping[str, Any]) -> None:
        """Show a status document that came with an answer, if it is of what is shown."""
        if document["environment"]["id"] == self.view.snapshot.place.id:
            self._told(document)

    async def _switch(self, environment: str) -> None:
        try:
            document = await self.client.call("status", {"target": environment_target(environment)})
        except DevenvError as error:
            self.tell(error)
            return
        self._document = document
        self.view = View(read(document), now=self.desk.now())
        self._follow(document["revision"])
        self.action_show("services")

    def _follow(self, revision: int) -> None:
        """Follow the environment that is shown, and no other one."""
        for worker in self._feeding:
            worker.cancel()
        feed = Feed(self.client, self.target, self._told, self._away)
        self._feeding = [
            begin(self, feed.watch, revision),
            begin(self, feed.sample, self._sampled),
        ]

    def _told(self, document: Mapping[str, Any]) -> None:
        if document == self._document and not self.view.away:
            return
        self._document = document
        self.show_view(snapshot=read(document), away="")

    def _away(self, why: str) -> None:
        if why != self.view.away:
            self.show_view(away=why)

    def _sampled(self, samples: Mapping[str, Any], at: float) -> None:
        self.show_view(usage=fold(self.view.usage, samples, at))
