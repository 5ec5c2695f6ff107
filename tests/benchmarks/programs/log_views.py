"""Feed a view of logs and print, as JSON, how fast it took lines in and what it took of memory.

`python -m tests.benchmarks.programs.log_views NAME LINES`; a name of ``FEEDERS``.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Log, RichLog

from devenv.logs.segment import STDOUT, Writer
from devenv.logs.source import Source
from devenv.tui.widgets.log_view import LogView

BATCH = 1_000
SIZE = (120, 40)
LINE = "2026-01-31 09:30:00.123 INFO  request {:07} handled in 12 ms, path=/api/v1/items"
Feeder = Callable[[Pilot[None], int], Awaitable[list[str]]]


class Shell(App[None]):
    """An app with one view in it."""

    def __init__(self, view: Widget) -> None:
        super().__init__()
        self.view = view

    def compose(self) -> ComposeResult:
        yield self.view


LINES = [LINE.format(number) for number in range(BATCH)]
"""What is written over and over: nobody is charged for making it."""
TEXT = "".join(f"{line}\n" for line in LINES).encode()


async def feed_rich_log(pilot: Pilot[None], lines: int) -> list[str]:
    view = pilot.app.query_one(RichLog)
    for _ in range(lines // BATCH):
        for line in LINES:
            view.write(line)
        await asyncio.sleep(0)
    await settled(pilot, lambda: LINES[-1] in last_rows(view))
    return faults(lines, len(view.lines), last_rows(view))


async def feed_log(pilot: Pilot[None], lines: int) -> list[str]:
    view = pilot.app.query_one(Log)
    for _ in range(lines // BATCH):
        view.write_lines(LINES)
        await asyncio.sleep(0)
    await settled(pilot, lambda: LINES[-1] in last_rows(view))
    return faults(lines, view.line_count, last_rows(view))


async def feed_devenv(pilot: Pilot[None], lines: int) -> list[str]:
    view = pilot.app.query_one(LogView)
    folder = tempfile.mkdtemp(prefix="bench-log-")
    writer = Writer(folder, 1 << 31)
    view.set_sources([Source("web", folder)])
    for _ in range(lines // BATCH):
        writer.write(STDOUT, time.time_ns(), TEXT)
        await asyncio.sleep(0)
    tally = view.reading.document.tally
    await settled(pilot, lambda: tally.total == lines and tally.is_done)
    last = last_rows(view.lines)
    writer.close()
    shutil.rmtree(folder)
    return faults(lines, tally.total, last)


def last_rows(view: Widget) -> str:
    """Return what is painted at the end of a view, where some have a bar in the last row."""
    rows = range(view.size.height - 3, view.size.height)
    return "".join(view.render_line(y).text for y in rows)


async def settled(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Let the app work until it is as it should be, some seconds at most."""
    for _ in range(1_000):
        if condition():
            break
        await pilot.pause(0.005)


def faults(lines: int, count: int, last: str) -> list[str]:
    """Say what is wrong with the number of lines and the last one that is seen."""
    wrong = [] if count == lines else [f"{count:,} lines of {lines:,}"]
    return wrong if LINES[-1] in last else [*wrong, f"the last row is {last[:60]!r}"]


FEEDERS: dict[str, tuple[Callable[[], Widget], Feeder]] = {
    "RichLog": (RichLog, feed_rich_log),
    "Log": (Log, feed_log),
    "devenv": (LogView, feed_devenv),
}


def resident() -> float:
    """Return the megabytes in memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


async def main(name: str, lines: int) -> None:
    make, feed = FEEDERS[name]
    async with Shell(make()).run_test(size=SIZE) as pilot:
        await pilot.pause()
        before = resident()
        begun = time.perf_counter()
        wrong = await feed(pilot, lines)
        seconds = time.perf_counter() - begun
        grown = resident() - before
    told = {"lines_per_second": lines / seconds, "megabytes": grown, "faults": wrong}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
