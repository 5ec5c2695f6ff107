"""The view of logs, given the logs that there are as replicas come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devenv.errors import DevenvError
from devenv.logs.source import Source
from devenv.tui.view import View
from devenv.tui.widgets.log_view import LogView
from devenv.tui.working import begin

if TYPE_CHECKING:
    from devenv.tui.app import DevenvApp


class Logs(LogView):
    """Asks for descriptors when it must, and only then."""

    app: DevenvApp
    _known: tuple[str, frozenset[tuple[str, int]]] = ("", frozenset())
    _place = ""
    """The environment that was followed last, whether its logs could be had or not."""

    def follow(self, view: View) -> None:
        """Take the logs anew when replicas have come or gone, or it is another environment."""
        replicas = (
            (one.name, each.index) for one in view.snapshot.services for each in one.replicas
        )
        found = view.snapshot.place.id, frozenset(replicas)
        if found != self._known and not view.away:
            if found[0] != self._place:
                self._place = found[0]
                self.set_sources(())
                self.lines.begin_anew()
            self._known = found
            begin(self, self._take, exclusive=True)

    async def _take(self) -> None:
        params = {"target": self.app.target}
        try:
            answer, descriptors = await self.app.client.call_for_descriptors("logs", params)
        except DevenvError:
            self._known = "", frozenset()  # the next view tries again
            return
        self.set_sources(
            Source(folder["service"], descriptor, folder["index"])
            for folder, descriptor in zip(answer["folders"], descriptors, strict=True)
        )
