"""Write lines of many services at a steady rate: `… log_flood FOLDER SERVICES RATE SECONDS`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from devenv.logs.segment import STDOUT, Writer
from tests.benchmarks.waiting import pause

TICK = 0.01
QUOTA = 64 * 1024 * 1024


def main(folder: str, services: int, rate: int, seconds: float) -> None:
    writers = [Writer(str(Path(folder) / f"s{number}"), QUOTA) for number in range(services)]
    lines = b"".join(
        b"2026-01-31 09:30:00.123 INFO request %07d handled in 12 ms, path=/api/v1/items\n" % number
        for number in range(round(rate * TICK))
    )
    begun = time.monotonic()
    for tick in range(round(seconds / TICK)):
        for writer in writers:
            writer.write(STDOUT, time.time_ns(), lines)
        pause(max(begun + (tick + 1) * TICK - time.monotonic(), 0.0))
    for writer in writers:
        writer.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
