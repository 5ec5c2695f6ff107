"""Compose's own resolver, built here: what it says of a file is what ours is held to."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

ABSENT = "NO COMPOSE RESOLVER"
SOURCE = Path(__file__).parent / "resolver"
MODULE = "github.com/compose-spec/compose-go/v2"
LIMIT = 600.0


@dataclass(frozen=True, slots=True)
class Case:
    """A project: its folder, its files (absolute), and who asks."""

    dir: str
    files: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    profiles: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Resolver:
    """``testdata``: the module's folder, with the files that it is tested with."""

    program: Path
    testdata: Path

    def resolve(self, cases: Iterable[Case]) -> list[dict[str, Any]]:
        """Answer each case with ``{"model": …}`` or ``{"error": …}``, all by one process."""
        asked = "".join(json.dumps(asdict(case)) + "\n" for case in cases)
        done = subprocess.run(
            [self.program], input=asked, capture_output=True, text=True, timeout=LIMIT, check=True
        )
        return [json.loads(line) for line in done.stdout.splitlines()]


def build(cache: Path) -> Resolver | str:
    """Build it, once for each state of its source; why it cannot be had, in words."""
    if shutil.which("go") is None:
        return "Go is not installed"
    digest = hashlib.sha256()
    for name in ("main.go", "go.mod", "go.sum"):
        digest.update((SOURCE / name).read_bytes())
    program = cache / f"resolver-{digest.hexdigest()[:12]}"
    try:
        if not program.exists():
            cache.mkdir(parents=True, exist_ok=True)
            partial = program.with_suffix(f".{os.getpid()}")
            _go("build", "-o", str(partial), ".")
            partial.rename(program)
        folder = _go("list", "-m", "-f", "{{.Dir}}", MODULE).strip()
    except subprocess.CalledProcessError as error:
        return f"go {error.cmd[1]} failed: {error.stderr[-300:]}"
    return Resolver(program, Path(folder))


def _go(*words: str) -> str:
    done = subprocess.run(
        ["go", *words],
        cwd=SOURCE,
        env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="session")
def resolver() -> Resolver:
    built = build(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "devenv-lab")
    if isinstance(built, str):
        pytest.skip(f"{ABSENT}: {built}")
    return built
