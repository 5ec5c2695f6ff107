"""What a screen shows beyond the view: asked for by a question, whose last answer stands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from devenv.errors import DevenvError
from devenv.tui.screens.base import ViewScreen
from devenv.tui.working import begin

_Told = TypeVar("_Told")

LOADING = "loading…"


class Question(Generic[_Told]):
    """Is open once at a time: what changes meanwhile is asked about after the answer.

    ``ask`` raises DevenvError where it is refused: that is told once, and asked again with the
    next view. ``answer``: the last one, at first ``nothing``.
    """

    def __init__(
        self, screen: ViewScreen, ask: Callable[[], Awaitable[_Told]], nothing: _Told
    ) -> None:
        self.answer = nothing
        self.is_answered = False
        """Tells an answer that is empty from none yet."""
        self._screen = screen
        self._ask = ask
        self._nothing = nothing
        self._is_open = False
        self._answered: tuple[str, int] | None = None
        """The environment and the revision that the last answer is of."""
        self._refused = ""

    def renew(self) -> None:
        """Ask, unless the answer is of what is shown; one of another environment is forgotten."""
        if self._answered != self._wanted:
            if self._answered and self._answered[0] != self._wanted[0]:
                self.answer, self.is_answered = self._nothing, False
            self._begin()

    def unless_loading(self, empty: str) -> str:
        """What is said where there is no row."""
        return empty if self.is_answered else LOADING

    def look_again(self) -> None:
        """Ask what changes without a new revision, where somebody looks."""
        is_seen = self._screen.is_active or self._screen.app.screen.is_modal
        if is_seen and not self._is_open:
            self._answered = None
            self._begin()

    def _begin(self) -> None:
        if not self._is_open and not self._screen.app.view.away:
            self._is_open = True
            begin(self._screen, self._renew)

    @property
    def _wanted(self) -> tuple[str, int]:
        snapshot = self._screen.app.view.snapshot
        return snapshot.place.id, snapshot.revision

    async def _renew(self) -> None:
        try:
            while self._answered != (wanted := self._wanted):
                self.answer, self.is_answered = await self._ask(), True
                self._answered, self._refused = wanted, ""
                self._screen.take(self._screen.app.view)
        except DevenvError as error:
            if error.text != self._refused:
                self._screen.app.tell(error)
            self._refused = error.text
        finally:
            self._is_open = False
