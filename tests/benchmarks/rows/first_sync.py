"""How long a whole tree takes into a container that has nothing of it.

Each time the target is emptied first, and compared with the source by content afterwards.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sysconfig
import time
from pathlib import Path

from tests.benchmarks.containers import Workload, bring_up, compare
from tests.benchmarks.contenders import mutagen as mutagens
from tests.benchmarks.contenders.composed import ENGINE, OURS, Composed
from tests.benchmarks.contenders.mutagen import Mutagen
from tests.benchmarks.desk import FailedError
from tests.benchmarks.figures import Goal
from tests.benchmarks.rounds import Measured, Run
from tests.benchmarks.rows.docker_sync import DOCUMENT, TARGET, mounted
from tests.benchmarks.table import Table

TITLE = "containers: a first sync"
ROUNDS = 5
NAMES = (ENGINE, mutagens.NAME, OURS)
"""The engine's own way is `docker cp`."""
PACKAGES = (
    "next@14.2.5",
    "react@18.3.1",
    "react-dom@18.3.1",
    "@mui/material@5.16.7",
    "@mui/icons-material@5.16.7",
    "@emotion/react@11.13.0",
    "@emotion/styled@11.13.0",
)
AT_HOME = (".git", ".env*", "*.pem", "*.key", "*.p12", "*.pfx", "*~", ".DS_Store")
"""What devenv does not send unless it is named: no contender gets it."""


def measure(run: Run) -> list[Table]:
    trees = {"Python's standard library": _library(run.cache), "node_modules": _modules(run)}
    return [_table(run, title, tree) for title, tree in trees.items() if tree is not None]


def _table(run: Run, title: str, tree: Path) -> Table:
    def prepare(tool: Composed) -> None:
        shutil.copytree(tree, tool.desk.work / "src", symlinks=True)
        bring_up(tool)
        (container,) = tool.containers()
        tool.desk.call(["docker", "exec", container, "mkdir", "-p", TARGET])

    count, digest = _summary(tree)
    run.say(f" {count:,} files")

    def once(tool: Composed) -> Measured:
        copy = mounted(tool)
        shutil.rmtree(copy, ignore_errors=True)
        begun = time.perf_counter()
        _send(tool)
        took = time.perf_counter() - begun
        wrong = [] if _summary(copy) == (count, digest) else ["the trees differ"]
        if isinstance(tool, Mutagen):
            tool.terminate()
        return took, wrong

    name = f"{title}, {count:,} files"
    load = Workload(name, DOCUMENT, once, 1.0, ROUNDS, prepare, NAMES, ENGINE)
    found = compare(run, load)
    return Table(
        found.title,
        found.unit,
        found.outcomes,
        found.reference,
        (*found.goals, Goal(OURS, 1.0, mutagens.NAME)),
        found.missing,
    )


def _send(tool: Composed) -> None:
    source = tool.desk.work / "src"
    if isinstance(tool, Mutagen):
        tool.create(source, TARGET)
    elif tool.name == OURS:
        tool.call(["sync", "reset"])
    else:
        (container,) = tool.containers()
        tool.desk.call(["docker", "cp", str(source), f"{container}:{TARGET}"])


def _summary(root: Path) -> tuple[int, str]:
    """How many files there are, and a hash over all names and contents."""
    digest, count = hashlib.sha256(), 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name != ".devenv-sync")
        for name in sorted(files):
            path = os.path.join(folder, name)
            content = os.readlink(path).encode() if os.path.islink(path) else _read(path)
            digest.update(os.fsencode(os.path.relpath(path, root)))
            digest.update(hashlib.sha256(content).digest())
            count += 1
    return count, digest.hexdigest()


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _library(cache: Path) -> Path:
    kept = cache / "tree-library"
    if not kept.is_dir():
        ignored = shutil.ignore_patterns("__pycache__", "site-packages", *AT_HOME)
        _whole(Path(sysconfig.get_path("stdlib")), kept, ignored)
    return kept


def _modules(run: Run) -> Path | None:
    """What npm installs of a web app; None: it cannot."""
    kept = run.cache / "tree-modules"
    if kept.is_dir():
        return kept
    work = run.cache / "tree-modules.part"
    work.mkdir(parents=True, exist_ok=True)
    words = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(work)]
    try:
        subprocess.run([*words, *PACKAGES], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        run.say(f" node_modules cannot be installed: {error}")
        return None
    _whole(work / "node_modules", kept, shutil.ignore_patterns(*AT_HOME))
    shutil.rmtree(work)
    return kept


def _whole(source: Path, kept: Path, ignored: object) -> None:
    """Copy a tree, so that it is there as a whole or not at all."""
    part = kept.with_name(f"{kept.name}.copy")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(source, part, symlinks=True, ignore=ignored)  # type: ignore[arg-type]
    if not any(part.iterdir()):
        raise FailedError(f"{source} is empty")
    part.rename(kept)
