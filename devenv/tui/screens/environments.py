"""This machine's environments and the previews of clusters: show, bring up, take down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from devenv.api.targets import environment_target
from devenv.tui import keys
from devenv.tui.elsewhere import deed, fits
from devenv.tui.listings import environments_table
from devenv.tui.screens.asking import Question
from devenv.tui.screens.base import ViewScreen
from devenv.tui.told import Known, read_environments, read_faults, read_previews, together
from devenv.tui.usage import Usage, fold
from devenv.tui.view import View
from devenv.tui.widgets.rows import Rows

LOOK_EVERY = 2.0


@dataclass(frozen=True, slots=True)
class Local:
    """What is on this machine; ``usage`` of what runs, by id."""

    known: tuple[Known, ...] = ()
    usage: Mapping[str, Usage] = field(default_factory=dict)


class EnvironmentsScreen(ViewScreen):
    """Looks again every few seconds while it is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.ENVIRONMENTS)]
    where = keys.ENVIRONMENTS

    def __init__(self) -> None:
        super().__init__()
        self._local = Question(self, self._ask, Local())
        self._previews: Question[tuple[Known, ...]] = Question(self, self._ask_clusters, ())
        """Beside the rest: a cluster may take its time to answer."""
        self._faults: tuple[str, ...] = ()

    def body(self) -> Iterable[Widget]:
        yield Rows(id="environments")

    def on_mount(self) -> None:
        self.query_one("#environments").focus()
        for question in (self._local, self._previews):
            question.look_again()
            self.set_interval(LOOK_EVERY, question.look_again)

    def draw(self, view: View) -> None:
        known, usage, here = self._all(), self._local.answer.usage, view.snapshot.place.id
        self.query_one("#environments", Rows).show(
            lambda width: environments_table(known, usage, here, view.now, width),
            empty=self._local.unless_loading("No environment was ever brought up here."),
        )

    def fits(self, when: str) -> bool:
        chosen = self._chosen()
        return when == "any" or (chosen is not None and fits(when, chosen))

    def action_switch(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self.app.switch(chosen.id)

    def action_environment(self, verb: str) -> None:
        """Bring the one under the cursor up, take it down, or let it live on."""
        chosen = self._chosen()
        if chosen is not None:
            self.app.perform(deed(verb, chosen, self.app.desk.caller))

    def on_rows_moved(self) -> None:
        self.show_keys()

    def on_rows_chosen(self) -> None:
        self.action_switch()

    def _chosen(self) -> Known | None:
        cursor = self.query_one("#environments", Rows).cursor
        return next((one for one in self._all() if one.id == cursor), None)

    def _all(self) -> tuple[Known, ...]:
        return together(self._local.answer.known, self._previews.answer)

    async def _ask_clusters(self) -> tuple[Known, ...]:
        answer = await self.app.client.call("preview.list")
        self._tell(read_faults(answer))
        return read_previews(answer)

    def _tell(self, faults: tuple[str, ...]) -> None:
        """Say of a cluster that it does not answer, once."""
        for fault in set(faults) - set(self._faults):
            self.app.notify(fault, title="Cluster", severity="warning", timeout=10)
        self._faults = faults

    async def _ask(self) -> Local:
        known = read_environments(await self.app.client.call("list"))
        return Local(known, {one.id: await self._sampled(one.id) for one in known if one.running})

    async def _sampled(self, environment: str) -> Usage:
        params = {"target": environment_target(environment)}
        answer = await self.app.client.call("samples", params)
        before = self._local.answer.usage.get(environment, Usage())
        return fold(before, answer["samples"], monotonic())
