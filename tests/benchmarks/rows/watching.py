"""How long it takes until 100,000 files in 1,000 folders are watched."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.desk import FailedError
from tests.benchmarks.figures import Goal
from tests.benchmarks.peers import PEERS, installed
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.table import Table

TITLE = "files: until a large tree is watched"
FOLDERS, FILES = 1000, 100
ROUNDS = 10
WITHIN = 60.0
OURS, NAMES = "devenv", ("watchfiles", "watchdog")
PROGRAM = Path(__file__).parent.parent / "programs" / "watch_tree.py"
LAST = f"d{FOLDERS - 1}/f{FILES - 1}"


def measure(run: Run) -> list[Table]:
    """Each must see a save in the last folder once it says that it watches."""
    pythons = {OURS: Path(sys.executable)}
    for peer in PEERS:
        if peer.name in NAMES and (python := installed(peer, run.cache)) is not None:
            pythons[peer.name] = python
    absent = {name: "see tests/benchmarks/peers.py" for name in NAMES if name not in pythons}
    root = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        _fill(root / "tree")

        def once(name: str) -> Measured:
            return _watch(pythons[name], name, root / "tree")

        found = interleave(run, list(pythons), run.rounds_or(ROUNDS), once)
    finally:
        shutil.rmtree(root)
    goals = tuple(Goal(OURS, 1.0, name) for name in NAMES)
    title = f"{FOLDERS * FILES:,} files in {FOLDERS:,} folders"
    return [Table(title, "s", found, NAMES[0], goals, absent)]


def _fill(root: Path) -> None:
    for number in range(FOLDERS):
        folder = root / f"d{number}"
        folder.mkdir(parents=True)
        for file in range(FILES):
            (folder / f"f{file}").touch()


def _watch(python: Path, name: str, root: Path) -> Measured:
    words = [str(python), str(PROGRAM), name, str(root), LAST]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            took = process.stdout.readline()
            if not took:
                raise FailedError(f"{name} did not begin to watch")
            with (root / LAST).open("a") as file:
                file.write("x")
            rest, _ = process.communicate(timeout=WITHIN)
        except subprocess.TimeoutExpired:
            return float(took), ["a save was not seen"]
        finally:
            process.kill()
    return float(took), [] if rest == "seen\n" else ["a save was not seen"]
