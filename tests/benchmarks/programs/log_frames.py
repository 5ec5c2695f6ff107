"""Show the flood of many services and print, as JSON, how long the loop was away and keys took.

`python -m tests.benchmarks.programs.log_frames SERVICES RATE SECONDS`
"""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from textual.pilot import Pilot

from devenv.logs.source import Source
from devenv.tui.widgets.log_view import LogView
from tests.benchmarks.figures import percentile
from tests.benchmarks.programs.log_views import SIZE, Shell

STEP = 0.002
MOST_STEPS = 5_000


async def watch(seconds: float, delays: list[float]) -> None:
    """Note how much later than asked for the loop comes back."""
    end = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end:
        await asyncio.sleep(STEP)
        delays.append(time.perf_counter() - begun - STEP)


async def type_keys(pilot: Pilot[None], view: LogView, seconds: float) -> list[float]:
    """Hold and follow in turn until the time is over; note how long it took to be done."""
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        taken.append(await type_key(pilot, view, "up", follows=False))
        taken.append(await type_key(pilot, view, "G", follows=True))
    return taken


async def type_key(pilot: Pilot[None], view: LogView, key: str, *, follows: bool) -> float:
    begun = time.perf_counter()
    pilot.app.simulate_key(key)
    for _ in range(MOST_STEPS):
        if view.lines.window.following == follows:
            break
        await asyncio.sleep(0.001)
    taken = time.perf_counter() - begun
    await asyncio.sleep(0.1)
    return taken


async def main(services: int, rate: int, seconds: float) -> dict[str, float]:
    folder = tempfile.mkdtemp(prefix="bench-log-")
    names = [f"s{number}" for number in range(services)]
    for name in names:
        (Path(folder) / name).mkdir()
    words = (folder, str(services), str(rate), str(seconds + 2))
    command = (sys.executable, "-m", "tests.benchmarks.programs.log_flood", *words)
    view = LogView()
    async with Shell(view).run_test(size=SIZE) as pilot:
        view.lines.focus()
        gc.freeze()  # as ``devenv.tui.run`` does
        view.set_sources([Source(name, f"{folder}/{name}") for name in names])
        flood = await asyncio.create_subprocess_exec(*command)
        await asyncio.sleep(1)
        delays: list[float] = []
        _, keys = await asyncio.gather(watch(seconds, delays), type_keys(pilot, view, seconds))
        await flood.wait()
        total = view.reading.document.tally.total
    shutil.rmtree(folder)
    return {"frames": percentile(delays, 0.99), "keys": percentile(keys, 0.99), "lines": total}


if __name__ == "__main__":
    told = asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
    sys.stdout.write(json.dumps(told))
