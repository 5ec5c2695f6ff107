"""The logs of services as one scrollable view, read straight from their segments by index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import time_ns
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from devenv.errors import UsageError
from devenv.logs.document import Lens
from devenv.logs.find import Finder
from devenv.logs.when import parse_moment
from devenv.tui import keys
from devenv.tui.widgets.log_lines import LogLines
from devenv.tui.widgets.log_pane import LogPane
from devenv.tui.widgets.log_prompt import LogPrompt
from devenv.tui.widgets.log_saving import Saving, destination, write_lines
from devenv.tui.widgets.log_styles import CSS


class LogView(LogPane):
    """Shows the merged lines of some services, and follows them.

    ``set_sources`` says which logs there are; may be called again whenever replicas come and go.
    The view takes the descriptors over: it closes them when they are of no use any more.
    ``show`` says whose lines are wanted; None, as at first: everybody's.
    """

    DEFAULT_CSS = CSS

    class Left(Message):
        """Nothing is left to end: whoever looked at it wants to go back."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.LOG)]

    def action_ask(self, question: str) -> None:
        """Ask for a word at the foot."""
        finders = {"search": self._finder, "keep": self._lens.keep, "drop": self._lens.drop}
        finder = finders.get(question)
        self.prompt.ask(question, finder.pattern if finder else "")

    def action_find(self, step: int) -> None:
        """Go to the next match, or the previous one."""
        place = self.lines.at
        if self._finder is not None and place is not None:
            self.seek(self.reading.find(place, up=step < 0))

    def action_fold(self) -> None:
        """Show traces whole, or their first lines."""
        self.look_through(replace(self._lens, folds=not self._lens.folds))

    def action_clear(self) -> None:
        """End what was begun, or take back what is told; else it is done with."""
        is_told = bool(self.app._notifications) and not self._leaving.is_warned
        self.app.clear_notifications()
        if self._end_one() or is_told:
            self._leaving.ended()
        elif self._leaving.warn():
            self.notify("nothing is left to end; escape once more leaves the logs")
        else:
            self.post_message(self.Left())

    def on_key(self) -> None:
        self._leaving.pressed()

    def _end_one(self) -> bool:
        """End a selection, else a saving, a search, the filters; return whether there was one."""
        if self.lines.selected_from is not None:
            self.lines.action_select()
        elif self.saving is not None:
            self.chores.stop("save")
            self.notify(f"{self.saving.path}: not saved", markup=False)
            self.saving = None
        elif self._finder is not None:
            self.look_for(None)
        elif self._lens.filters:
            self.look_through(Lens(folds=self._lens.folds))
        else:
            return False
        return True

    @property
    def _lens(self) -> Lens:
        return self.reading.document.lens

    @property
    def _finder(self) -> Finder | None:
        return self.reading.search.finder if self.reading.search else None

    def _progressed(self) -> None:
        self._give_up()
        super()._progressed()

    @on(LogLines.Moved)
    def _give_up(self) -> None:
        """Take back what takes too long to match, and say so."""
        slow = self.reading.given_up
        for finder in slow:
            told = f"this expression takes too long: {finder.pattern}"
            self.notify(told, severity="error", markup=False)
        if self.reading.search is not None and self.reading.search.finder in slow:
            self.look_for(None)
        lens = self.reading.document.lens
        if lens.keep in slow or lens.drop in slow:
            self.look_through(lens.without(slow))

    @on(LogPrompt.Left)
    def _stop_asking(self) -> None:
        self._leaving.ended()
        self.lines.focus()

    @on(Input.Submitted)
    def _answered(self, event: Input.Submitted) -> None:
        """Do what was asked for; what cannot be understood can be put right."""
        event.stop()
        answers: dict[str, Callable[[str], None]] = {
            "search": self._search_for,
            "keep": lambda text: self.look_through(replace(self._lens, keep=_finder(text))),
            "drop": lambda text: self.look_through(replace(self._lens, drop=_finder(text))),
            "time": self._go_to_time,
            "save": self._save,
        }
        try:
            answers[self.prompt.question](event.value)
        except (UsageError, OSError) as error:
            self.notify(_failure(error), severity="error", markup=False)
            return
        self.prompt.display = False
        self.lines.focus()

    def _search_for(self, pattern: str) -> None:
        self.look_for(_finder(pattern))
        window = self.lines.window
        if pattern and window.cursor is not None:
            self.seek(self.reading.nearest_match(window.cursor, up=window.following))

    def _go_to_time(self, text: str) -> None:
        if not text.strip():
            return
        time = parse_moment(text, time_ns())
        place = self.reading.document.at(time)
        self.lines.go_to_top(place)
        if place is not None and self.lines.entry(place).line[0] < time:
            self.notify("no line since then", timeout=2)

    def _save(self, text: str) -> None:
        """Save what is selected, or all that is shown."""
        path = destination(text)
        if self.lines.selected_from is not None:
            lines = self.lines.selected()
            write_lines(path, lines)
            self._saved(len(lines), path)
            self.lines.end_selection()
        elif self.saving is not None:
            raise UsageError(f"{self.saving.path} is being saved still; escape ends that")
        else:
            self.saving = Saving(path, self.reading.document, self.lines.look)
            self.chores.start("save", self._save_all(self.saving))

    def _save_all(self, saving: Saving) -> Iterator[None]:
        try:
            yield from saving.steps()
        except OSError as error:
            self.notify(_failure(error), severity="error", markup=False)
        else:
            self._saved(saving.count, saving.path)
        self.saving = None

    def _saved(self, count: int, path: Path) -> None:
        self.notify(f"{count:,} line{'' if count == 1 else 's'} saved to {path}", markup=False)


def _failure(error: UsageError | OSError) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _finder(pattern: str) -> Finder | None:
    return Finder(pattern) if pattern else None
