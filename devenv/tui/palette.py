"""The command palette: every key as a command, and every verb on every service by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from textual.command import DiscoveryHit, Hit, Hits, Provider

from devenv.tui import keys
from devenv.tui.fitting import fits

if TYPE_CHECKING:
    from devenv.tui.app import DevenvApp


class Command(NamedTuple):
    text: str
    about: str
    run: Callable[[], object]


class Commands(Provider):
    """What can be done now, on this screen and on all services."""

    async def discover(self) -> Hits:
        for command in self._commands():
            yield DiscoveryHit(command.text, command.run, help=command.about)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._commands():
            score = max(matcher.match(command.text), matcher.match(command.about))
            if score > 0:
                shown = matcher.highlight(command.text)
                yield Hit(score, shown, command.run, help=command.about)

    def _commands(self) -> Iterator[Command]:
        app: DevenvApp = self.app  # type: ignore[assignment]  # there is no other app
        where = getattr(self.screen, "where", "")
        for key in keys.of(where, keys.APP):
            pressed = keys.press(key, app.settings.keys)
            run = partial(app.run_action, key.click, default_namespace=self.screen)
            yield Command(key.about, f"{key.id}   {pressed}", run)
        for service in app.view.snapshot.services:
            for key in keys.of(keys.TASKS if service.is_task else keys.SERVICES):
                if key.action.startswith("do(") and key.when and fits(key.when, (service,)):
                    verb = key.action[4:-2]
                    run_on = partial(app.do, verb, (service,))
                    yield Command(f"{key.word} {service.name}", key.about, run_on)
