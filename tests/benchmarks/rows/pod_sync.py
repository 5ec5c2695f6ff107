"""How long a save takes to be in a pod of a preview: one file, and many at once.

All bring their files into one pod, each into a folder of its own; these are read on this machine.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.contenders import pod as pods
from tests.benchmarks.contenders.composed import OURS
from tests.benchmarks.contenders.pod import CP, STREAM, Pod
from tests.benchmarks.contenders.preview import missing
from tests.benchmarks.figures import Goal
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.rows.docker_sync import has_all, read, until
from tests.benchmarks.table import Table
from tests.benchmarks.waiting import pause

TITLE = "previews: from a save to the pod"
NAMES = (CP, STREAM, OURS)
SAVES = 200
BURSTS = 10
SIZE = 2048


def measure(run: Run) -> list[Table]:
    """A save is an atomic rename after a random pause."""
    if why := missing():
        return [Table("one file saved", "s", (), missing=dict.fromkeys(NAMES, why))]
    with pods.pod() as pod:
        goals = (Goal(OURS, 0.015), Goal(OURS, 0.1, CP))
        one = _table(run, "one file saved", SAVES, lambda way: _save(pod, way), goals)
        return [one, _burst(run, pod, 100, 0.3), _burst(run, pod, 1000, 0.6)]


def _table(
    run: Run, title: str, rounds: int, once: Callable[[str], Measured], goals: tuple[Goal, ...]
) -> Table:
    run.say(f" {title}")
    outcomes = interleave(run, NAMES, run.rounds_or(rounds), once)
    return Table(title, "s", outcomes, CP, goals)


def _burst(run: Run, pod: Pod, count: int, limit: float) -> Table:
    title = f"{count:,} files of {SIZE} bytes at once"
    goals = (Goal(OURS, limit, CP),)
    return _table(run, title, BURSTS, lambda way: _write_many(pod, way, count), goals)


def _save(pod: Pod, way: str) -> Measured:
    pause(random.uniform(0.05, 0.3))
    content = os.urandom(16).hex().encode()
    path = _source(pod, way) / "page"
    partial = path.with_name(".page.new")
    partial.write_bytes(content)
    begun = time.perf_counter()
    partial.rename(path)
    _send(pod, way, path)
    until(lambda: read(pod.folder(way) / "page") == content, "the save")
    return time.perf_counter() - begun, []


def _write_many(pod: Pod, way: str, count: int) -> Measured:
    pause(0.6)
    content = os.urandom(SIZE)
    folder = _source(pod, way) / f"many{count}"
    folder.mkdir(exist_ok=True)
    copies = pod.folder(way) / folder.name
    begun = time.perf_counter()
    for number in range(count):
        (folder / f"f{number}").write_bytes(content)
    _send(pod, way, folder)
    until(lambda: has_all(copies, count, content), "the burst")
    return time.perf_counter() - begun, []


def _source(pod: Pod, way: str) -> Path:
    """Ours watches its own; what others send is not to be seen there."""
    folder = pod.desk.work / ("src" if way == OURS else f"src of {way}")
    folder.mkdir(exist_ok=True)
    return folder


def _send(pod: Pod, way: str, source: Path) -> None:
    if way == CP:
        pod.copy(source)
    elif way == STREAM:
        pod.send(source)
