"""Lines, bar and status of a log kept together: sources come and go, lines come, chores end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from devenv.logs.document import Lens, Place
from devenv.logs.find import Finder
from devenv.logs.source import Source
from devenv.tui.widgets.log_chores import Chores
from devenv.tui.widgets.log_leaving import Leaving
from devenv.tui.widgets.log_lines import LogLines
from devenv.tui.widgets.log_memory import Memory, recall, remember
from devenv.tui.widgets.log_prompt import LogBar, LogPrompt
from devenv.tui.widgets.log_pulse import Pulse
from devenv.tui.widgets.log_reading import Reading, adopt, release
from devenv.tui.widgets.log_saving import Saving
from devenv.tui.widgets.log_status import status_line, status_of

_CHORES = ("find", "save", "count", "search")


class LogPane(Widget):
    """Shows the lines of ``set_sources`` that are of the services of ``show``."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._sources: list[Source] = []
        self._services: frozenset[str] | None = None
        self.reading = Reading([], Lens())
        self.lines = LogLines(self.reading.document)
        self.prompt = LogPrompt()
        self.chores = Chores(_CHORES, self._progressed)
        self.saving: Saving | None = None
        self._leaving = Leaving()
        self._bar, self._status = LogBar(), Static(classes="log--status")
        self._pulse: Pulse | None = None

    def set_sources(self, sources: Iterable[Source]) -> None:
        """Take these logs for all that there are."""
        before = self._sources
        self._sources = adopt(before, sources)
        if self._sources != before:
            self._open()

    def show(self, services: Collection[str] | None) -> None:
        """Show the lines of these services; None: of all."""
        before = self._services
        self._services = None if services is None else frozenset(services)
        if self._services != before:
            self._open()

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self.lines
            yield self._bar
        yield self._status
        yield self.prompt

    def look_through(self, lens: Lens) -> None:
        """Show the lines that ``lens`` leaves, at the place that was shown before."""
        memory = remember(self.lines)
        self.reading.look_through(lens)
        self._show_document(memory)

    def look_for(self, finder: Finder | None) -> None:
        """Show where ``finder`` matches, and count that."""
        self.reading.look_for(finder)
        self.lines.change(replace(self.lines.look, finder=finder))
        self.chores.stop("find")
        self.chores.stop("search")
        self._begin_counting()

    def seek(self, search: Iterator[Place | None]) -> None:
        """Go to the place that a search yields in the end."""
        self.chores.start("find", self._finding(search))

    def on_mount(self) -> None:
        self.run_worker(self.chores.run(), group="chores")
        self._pulse = Pulse(self, self._look)
        self._open()

    def on_unmount(self) -> None:
        if self._pulse is not None:
            self._pulse.close()
            self._pulse = None
        self.reading.close()
        release(self._sources)
        self._sources = []

    def _finding(self, search: Iterator[Place | None]) -> Iterator[None]:
        for place in search:
            if place is not None:
                self.lines.reveal(place)
                return
            yield
        if not self.reading.given_up:
            self.notify("no line matches", timeout=2)

    def _open(self) -> None:
        """Read what is to be shown now, where it was read before."""
        if self._pulse is None:
            return
        chosen = [s for s in self._sources if self._services is None or s.service in self._services]
        former, memory = self.reading, remember(self.lines)
        self.reading = former.reopened(chosen)
        self.lines.opened = set()
        self._show_document(memory)
        former.close()
        self.lines.name_sources(chosen)
        self._pulse.watch(chosen)

    def _show_document(self, memory: Memory) -> None:
        """Show the document of now as the one before, and begin to count its lines."""
        for name in ("find", "count", "search"):
            self.chores.stop(name)
        self.lines.replace_document(self.reading.document)
        read, known = (
            {one.name for one in sources} for sources in (self.reading.sources, self._sources)
        )
        recall(self.lines, memory, read, known)
        self.lines.forget()
        self._begin_counting()

    def _begin_counting(self) -> None:
        for name, chore in self.reading.to_count(self.lines.window.top).items():
            if not self.chores.is_at(name):
                self.chores.start(name, chore)

    def _look(self) -> bool:
        news = self.reading.extend()
        if news:
            self._begin_counting()
            self._renew()
        return news

    def _renew(self) -> None:
        """Paint the lines if others are to be seen, else only what is said of them."""
        if self.lines.window.following or not self.lines.is_full:
            self.lines.renew()
        else:
            self._show_status()

    def _progressed(self) -> None:
        self._begin_counting()
        if self.reading.document.lens.filters:
            self._renew()
        else:
            self._show_status()

    def _show_status(self) -> None:
        """Say where in the log one is, and what is left out of it."""
        self._bar.point_to(self.lines.window)
        status = status_of(self.lines, self.reading.search, self.saving)
        self._status.update(status_line(status))

    @on(LogLines.Moved)
    def _lines_moved(self, event: LogLines.Moved) -> None:
        event.stop()
        self._show_status()

    @on(LogBar.Dragged)
    def _bar_dragged(self, event: LogBar.Dragged) -> None:
        event.stop()
        self.lines.go_to_top(self.reading.document.ranked(event.rank))

    @on(LogBar.Clicked)
    def _bar_clicked(self, event: LogBar.Clicked) -> None:
        event.stop()
        self.lines.action_page(event.pages)
