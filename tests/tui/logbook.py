"""A view of logs in an app of its own, over stores that a test writes to."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from devenv.logs.segment import STDOUT, Writer
from devenv.logs.source import Source
from devenv.tui.widgets.log_view import LogView

BEGIN = 1_700_000_000_000_000_000
WITHIN = 45.0


class LogApp(App[None]):
    """Nothing but the view; what is told stays in ``told``, however long a test takes."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def notify(self, message: str, **how: Any) -> None:
        self.told.append(message)

    def compose(self) -> ComposeResult:
        yield LogView()

    def on_mount(self) -> None:
        self.query_one(LogView).lines.focus()


class Logbook:
    """Services that write below ``folder``, a second apart, and the view of them."""

    def __init__(self, folder: Path, pilot: Pilot[None], view: LogView) -> None:
        self.folder = folder
        self.pilot = pilot
        self.view = view
        self.time = BEGIN
        self.quota = 1 << 30
        self.writers: dict[str, Writer] = {}

    def write(self, service: str, *lines: bytes) -> None:
        if service not in self.writers:
            self.writers[service] = Writer(str(self.folder / service), self.quota)
        for line in lines:
            self.time += 1_000_000_000
            self.writers[service].write(STDOUT, self.time, line + b"\n")

    def open(self) -> None:
        """Hand the view what there is."""
        self.view.set_sources(
            Source(name, os.open(self.folder / name, os.O_RDONLY)) for name in self.writers
        )

    @property
    def rows(self) -> list[str]:
        lines = self.view.lines
        return [lines.render_line(y).text.rstrip() for y in range(lines.size.height)]

    @property
    def app(self) -> LogApp:
        app = self.pilot.app
        assert isinstance(app, LogApp)
        return app

    @property
    def told(self) -> str:
        return " ".join(self.app.told)

    @property
    def status(self) -> str:
        return str(self.view.query_one(".log--status").render())

    def says(self, text: str) -> bool:
        """Tell whether the status has this text."""
        return text in self.status

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def answer(self, key: str, text: str) -> None:
        """Answer the question that a key asks."""
        await self.press(key)
        self.view.prompt.value = text
        await self.press("enter")

    async def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + WITHIN
        while not condition():
            assert time.monotonic() < deadline, "\n".join([*self.rows, self.status])
            await self.pilot.pause(0.01)

    async def until_seen(self, *rows: str) -> None:
        """Wait until these are the last rows that hold anything."""
        await self.until(lambda: [row for row in self.rows if row][-len(rows) :] == list(rows))


@asynccontextmanager
async def logbook(
    folder: Path, *lines: bytes, width: int = 60, height: int = 9
) -> AsyncIterator[Logbook]:
    """Run the app; the lines have one row less than ``height``.

    With ``lines``, "web" has written them, and they are shown.
    """
    app = LogApp()
    async with app.run_test(size=(width, height)) as pilot:
        book = Logbook(folder, pilot, app.query_one(LogView))
        if lines:
            book.write("web", *lines)
            book.open()
            await pilot.pause()
        yield book
        for writer in book.writers.values():
            writer.close()
