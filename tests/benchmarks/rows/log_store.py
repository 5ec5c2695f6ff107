"""Open a log of five million lines, jump to its end, count and search it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from devenv.logs.segment import STDOUT, Writer
from tests.benchmarks.desk import FailedError
from tests.benchmarks.figures import Goal
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.table import Table

TITLE = "terminal UI: a log of 5,000,000 lines"
ROUNDS = 5
LIMIT = 300.0
LINES = 5_000_000
CHUNK = 64 * 1024
LINE = "2026-01-31 {:02}:{:02}:{:02}.{:03} INFO request {:07} handled in {} ms, path=/api/items\n"
NEEDLE, EVERY = "needle in a haystack", 100_000
COUNT = ";SELECT count(*) FROM all_logs"
END, COUNTED, LNAV = "devenv, end shown", "devenv, lines counted", "lnav -n, lines counted"
GREP, SEARCH = "grep -c", "devenv"
OURS = (sys.executable, "-m", "tests.benchmarks.programs.log_store")


def measure(run: Run) -> list[Table]:
    folder = Path(tempfile.mkdtemp(prefix="bench-log-"))
    try:
        run.say(" making the log")
        plain = make(folder)
        rounds = run.rounds_or(ROUNDS)
        return [_open(run, folder, plain, rounds), *_search(run, folder, plain, rounds)]
    finally:
        shutil.rmtree(folder)


def make(folder: Path) -> Path:
    """Write the same lines as a store and as a file."""
    writer = Writer(str(folder / "store"), 1 << 31)
    left, now = b"", time.time_ns()
    with (folder / "plain.log").open("wb") as plain:
        for begin in range(0, LINES, 10_000):
            text = "".join(map(_line, range(begin, begin + 10_000))).encode()
            plain.write(text)
            left += text
            while len(left) >= CHUNK:
                now += 1_000_000
                writer.write(STDOUT, now, left[:CHUNK])
                left = left[CHUNK:]
    writer.write(STDOUT, now + 1, left)
    writer.close()
    return folder / "plain.log"


def _line(number: int) -> str:
    second = number // 1_000
    clock = (second // 3600, second // 60 % 60, second % 60, number % 1_000)
    line = LINE.format(*clock, number, number % 900)
    return line if number % EVERY else f"{line[:-1]} {NEEDLE}\n"


def _open(run: Run, folder: Path, plain: Path, rounds: int) -> Table:
    store, last = str(folder / "store"), _line(LINES - 1).strip()
    missing = {} if shutil.which("lnav") else {LNAV: "Debian's package lnav"}
    names = [name for name in (LNAV, END, COUNTED) if name not in missing]

    def once(name: str) -> Measured:
        if name == LNAV:
            seconds, said = _timed(["lnav", "-n", "-c", COUNT, str(plain)])
            return seconds, [] if str(LINES) in said else [f"lnav counts {said!r}"]
        seconds, said = _timed([*OURS, "end" if name == END else "count", store])
        told = json.loads(said)
        wrong = [] if told["last"] == last else ["another last line"]
        if name == COUNTED and told["count"] != LINES:
            wrong.append(f"{told['count']:,} lines")
        return seconds, wrong

    goals = tuple(Goal(name, 0.25, LNAV) for name in (END, COUNTED))
    outcomes = interleave(run, names, rounds, once)
    return Table("open and jump to the end", "s", outcomes, LNAV, goals, missing)


def _search(run: Run, folder: Path, plain: Path, rounds: int) -> list[Table]:
    store = str(folder / "store")

    def fixed(name: str) -> Measured:
        if name == GREP:
            seconds, said = _timed(["grep", "-c", "-F", NEEDLE, str(plain)])
            return seconds, _right(int(said), LINES // EVERY)
        told = _told("search", store, NEEDLE)
        return told["seconds"], _right(told["count"], LINES // EVERY)

    def first(_: str) -> Measured:
        told = _told("first", store, r"request \d+7 handled in [1-8]\d\d ms")
        return told["seconds"], _right(told["count"], 50)

    tables: Sequence[tuple[str, list[str], Callable[[str], Measured], Goal]] = (
        ("a fixed string, all matches", [GREP, SEARCH], fixed, Goal(SEARCH, 2.0, GREP)),
        ("a regular expression, the last 50 matches", [SEARCH], first, Goal(SEARCH, 0.1)),
    )
    return [
        Table(title, "s", interleave(run, names, rounds, once), goal.against, (goal,))
        for title, names, once, goal in tables
    ]


def _right(found: int, wanted: int) -> list[str]:
    return [] if found == wanted else [f"{found:,} of {wanted:,} matches"]


def _told(*words: str) -> Any:
    return json.loads(_timed([*OURS, *words])[1])


def _timed(words: Sequence[str]) -> tuple[float, str]:
    begun = time.perf_counter()
    done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT, check=False)
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise FailedError(f"{words[0]} ended with {done.returncode}: {done.stderr[-300:]}")
    return seconds, done.stdout
