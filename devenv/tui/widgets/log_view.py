"""The logs of services as one scrollable view, read straight from their segments by index."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable

from textual.widget import Widget

from devenv.logs.source import Source


class LogView(Widget):
    """Shows the merged lines of some services, and follows them.

    ``set_sources`` says which logs there are; may be called again whenever replicas come and go.
    The view takes the descriptors over: it closes them when they are of no use any more.
    ``show`` says whose lines are wanted; None, as at first: everybody's.
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._sources: list[Source] = []
        self._services: frozenset[str] | None = None

    def set_sources(self, sources: Iterable[Source]) -> None:
        """Take these logs for all that there are."""
        for source in self._sources:
            _close(source)
        self._sources = list(sources)
        self.refresh()

    def show(self, services: Collection[str] | None) -> None:
        """Show the lines of these services; None: of all."""
        self._services = None if services is None else frozenset(services)
        self.refresh()

    def on_unmount(self) -> None:
        for source in self._sources:
            _close(source)
        self._sources = []


def _close(source: Source) -> None:
    if isinstance(source.folder, int):
        os.close(source.folder)
