"""This machine's environments and the previews of clusters: show, bring up, take down."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from devenv.api.targets import environment_target
from devenv.errors import DevenvError
from devenv.tui import keys
from devenv.tui.elsewhere import deed
from devenv.tui.listings import environments_table
from devenv.tui.screens.base import ViewScreen
from devenv.tui.told import Known, read_environments, read_faults, read_previews, together
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
        self._previews: tuple[Known, ...] = ()
        self._faults: tuple[str, ...] = ()
        self._usage: Mapping[str, Usage] = {}

    def body(self) -> Iterable[Widget]:
        yield Rows(id="environments", empty="No environment was ever brought up here.")

    def on_mount(self) -> None:
        self.query_one("#environments").focus()
        begin(self, self._look)
        begin(self, self._look_at_clusters)

    def draw(self, view: View) -> None:
        known, usage, here = self._all(), self._usage, view.snapshot.place.id
        self.query_one("#environments", Rows).show(
            lambda width: environments_table(known, usage, here, view.now, width)
        )

    def action_switch(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self.app.switch(chosen.id)

    def action_environment(self, verb: str) -> None:
        """Bring the one under the cursor up, take it down, or let it live on."""
        chosen = self._chosen()
        if chosen is not None:
            self.app.perform(deed(verb, chosen, self.app.desk.caller))

    def on_rows_chosen(self) -> None:
        self.action_switch()

    def _chosen(self) -> Known | None:
        cursor = self.query_one("#environments", Rows).cursor
        return next((one for one in self._all() if one.id == cursor), None)

    def _all(self) -> tuple[Known, ...]:
        return together(self._known, self._previews)

    async def _look_at_clusters(self) -> None:
        """Beside the rest: a cluster may take its time to answer."""
        while True:
            try:
                answer = await self.app.client.call("preview.list")
            except DevenvError as error:
                self.app.tell(error)
            else:
                self._previews = read_previews(answer)
                self._tell(read_faults(answer))
                self.take(self.app.view)
            await asyncio.sleep(LOOK_EVERY)

    def _tell(self, faults: tuple[str, ...]) -> None:
        """Say of a cluster that it does not answer, once."""
        for fault in set(faults) - set(self._faults):
            self.app.notify(fault, title="Cluster", severity="warning", timeout=10)
        self._faults = faults

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
        params = {"target": environment_target(environment)}
        answer = await self.app.client.call("samples", params)
        before = self._usage.get(environment, Usage())
        return fold(before, answer["samples"], monotonic())
