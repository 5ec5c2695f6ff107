"""What every screen of the UI has: the headline, the notes, its own body, and its keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.events import DescendantFocus
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from devenv.tui import keys
from devenv.tui.fitting import fits
from devenv.tui.lines import headline, key_line, notes
from devenv.tui.snapshot import Service
from devenv.tui.view import View
from devenv.tui.widgets.plain import Plain

if TYPE_CHECKING:
    from devenv.tui.app import DevenvApp

TABS = (keys.SERVICES, keys.TASKS, keys.TIMELINE, keys.ENVIRONMENTS, keys.SYNC)


class ViewScreen(Screen[None]):
    """Takes views and draws them. ``where``: which of the keys are its own."""

    where: ClassVar[str] = ""
    app: DevenvApp
    _place = ""
    """The environment that was drawn last."""

    def body(self) -> Iterable[Widget]:
        """The widgets between notes and keys."""
        return ()

    def draw(self, view: View) -> None:
        """Draw what is between notes and keys."""

    def begin_anew(self) -> None:
        """Forget what was chosen: another environment is shown from now on."""

    def meant(self) -> tuple[Service, ...]:
        """The services that a key is meant for now."""
        return ()

    def fits(self, when: str) -> bool:
        """Tell whether a key makes sense on what is meant."""
        return fits(when, self.meant())

    def compose(self) -> ComposeResult:
        yield Plain(id="headline")
        yield Plain(id="notes")
        yield from self.body()
        yield Plain(id="keys")

    @property
    def is_in_logs(self) -> bool:
        """The focus is there: other keys mean something."""
        return any(logs.has_focus_within for logs in self.query("#logs"))

    @property
    def is_whole(self) -> bool:
        """All of its widgets are there: it is neither coming nor going."""
        return self.is_mounted and self.is_attached and self.display

    def on_screen_resume(self) -> None:
        self.take(self.app.view)

    def take(self, view: View) -> None:
        """Draw this view; a screen that is coming or going has nothing to draw on."""
        if not self.is_whole:
            return
        if view.snapshot.place.id != self._place:
            self._place = view.snapshot.place.id
            self.begin_anew()
        tabs = [(self._press(name), name.title(), name == self.where) for name in TABS]
        up = self._press("up")
        self.query_one("#headline", Plain).show(lambda width: (headline(view, tabs, width),))
        self.query_one("#notes", Plain).show(lambda width: notes(view, up, width))
        self.draw(view)
        self.show_keys()

    def show_keys(self) -> None:
        """Show the keys that make sense on what is meant now, or in a field that is typed in."""
        is_typing = isinstance(self.focused, Input)
        parts = (keys.TYPED, ()) if is_typing else (keys.of(*self._places()), keys.of(keys.APP))
        here, everywhere = (
            [
                (key, keys.press(key, self.app.settings.keys))
                for key in part
                if key.when and self.fits(key.when)
            ]
            for part in parts
        )
        self.query_one("#keys", Plain).show(lambda width: (key_line(here, everywhere, width),))

    def action_do(self, verb: str) -> None:
        self.app.do(verb, self.meant())

    def action_detail(self) -> None:
        for service in self.meant():
            self.app.show_detail(service.name)

    def _places(self) -> tuple[str, ...]:
        """Whose keys work where the focus is."""
        return getattr(self.focused, "places", (self.where,))

    @on(DescendantFocus)
    def _elsewhere(self) -> None:
        if self.is_whole:
            self.draw(self.app.view)
            self.show_keys()

    def _press(self, name: str) -> str:
        return keys.press(keys.BY_ID[name], self.app.settings.keys)
