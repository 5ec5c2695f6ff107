"""All environments of this machine: show another one, bring it up, take it down."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from devenv.errors import DevenvError
from devenv.tui import keys
from devenv.tui.actions import Ask, Confirm, target_of
from devenv.tui.listings import environments_table
from devenv.tui.screens.base import ViewScreen
from devenv.tui.told import Known, read_environments
from devenv.tui.usage import Usage, fold
from devenv.tui.view import View
from devenv.tui.widgets.rows import Rows
from devenv.tui.working import begin

LOOK_EVERY = 2.0


class EnvironmentsScreen(ViewScreen):
    """Looks again every few seconds while it is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.ENVIRONMENTS)]
    where = keys.ENVIRONMENTS

    def __init__(self) -> None:
        super().__init__()
        self._known: tuple[Known, ...] = ()
        self._usage: Mapping[str, Usage] = {}

    def body(self) -> Iterable[Widget]:
        yield Rows(id="environments", empty="No environment was ever brought up here.")

    def on_mount(self) -> None:
        self.query_one("#environments").focus()
        begin(self, self._look)

    def draw(self, view: View) -> None:
        known, usage, here = self._known, self._usage, view.snapshot.place.id
        self.query_one("#environments", Rows).show(
            lambda width: environments_table(known, usage, here, width)
        )

    def action_switch(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self.app.switch(chosen.id)

    def action_environment(self, verb: str) -> None:
        """Bring the one under the cursor up, or take it down."""
        chosen = self._chosen()
        if chosen is None:
            return
        target = target_of(chosen.id)
        if verb == "up":
            caller = {**self.app.desk.caller, "directory": chosen.path}
            up = Ask("up", {"target": target, "client": caller}, f"bringing {chosen.name} up")
            self.app.perform(up)
        else:
            down = Ask("down", {"target": target}, f"taking {chosen.name} down")
            self.app.perform(Confirm(f"Take {chosen.name} down? Its data is kept.", down))

    def on_rows_chosen(self) -> None:
        self.action_switch()

    def _chosen(self) -> Known | None:
        cursor = self.query_one("#environments", Rows).cursor
        return next((one for one in self._known if one.id == cursor), None)

    async def _look(self) -> None:
        while True:
            try:
                self._known = read_environments(await self.app.client.call("list"))
                running = [one.id for one in self._known if one.running]
                self._usage = {one: await self._sampled(one) for one in running}
            except DevenvError as error:
                self.app.tell(error)
            self.take(self.app.view)
            await asyncio.sleep(LOOK_EVERY)

    async def _sampled(self, environment: str) -> Usage:
        params = {"target": target_of(environment)}
        answer = await self.app.client.call("samples", params)
        before = self._usage.get(environment, Usage())
        return fold(before, answer["samples"], monotonic())
