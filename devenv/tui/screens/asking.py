"""A screen that shows more than the view has: it asks whenever the environment has changed."""

from __future__ import annotations

from devenv.errors import DevenvError
from devenv.tui.screens.base import ViewScreen
from devenv.tui.working import begin


class AskingScreen(ViewScreen):
    """Has one question open at a time: what changes meanwhile is asked about after the answer.

    What was refused is asked again with the next view, and told once.
    """

    _asks = False
    _answered: tuple[str, int] | None = None
    """The environment and the revision that the last answer is of."""
    _refused = ""

    async def ask(self) -> None:
        """Ask, and keep what is answered; raises DevenvError."""

    def renew(self) -> None:
        """Ask, unless what is shown was asked about."""
        if self._answered != self._wanted:
            self._begin()

    def look_again(self) -> None:
        """Ask what changes without a new revision, where somebody looks."""
        if self.is_current and not self._asks:
            self._answered = None
            self._begin()

    def _begin(self) -> None:
        if not self._asks and not self.app.view.away:
            self._asks = True
            begin(self, self._renew)

    @property
    def _wanted(self) -> tuple[str, int]:
        snapshot = self.app.view.snapshot
        return snapshot.place.id, snapshot.revision

    async def _renew(self) -> None:
        try:
            while self._answered != (wanted := self._wanted):
                await self.ask()
                self._answered, self._refused = wanted, ""
                self.take(self.app.view)
        except DevenvError as error:
            if error.text != self._refused:
                self.app.tell(error)
            self._refused = error.text
        finally:
            self._asks = False
