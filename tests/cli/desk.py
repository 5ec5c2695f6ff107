"""What the tests of the command line share: real runs of it, and documents to answer with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.api.daemon import private_environ

COMMAND = (sys.executable, "-c", "from devenv.cli.main import main; main()")


@dataclass(frozen=True, slots=True)
class Desk:
    """A user at a shell: a folder to be in, and an environment of their own."""

    folder: Path
    environ: Mapping[str, str]

    def run(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *words],
            cwd=self.folder,
            env=dict(self.environ),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def start(self, *words: str, **how: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*COMMAND, *words], cwd=self.folder, env=dict(self.environ), **how)


def desk_in(tmp_path: Path) -> Desk:
    folder = tmp_path / "checkout"
    folder.mkdir()
    return Desk(folder, private_environ(tmp_path))


def service(name: str, state: str = "ready", **other: Any) -> dict[str, Any]:
    runs = state in {"ready", "running", "starting"}
    replica = {
        "index": 0,
        "state": state,
        "reason": "",
        "health": "none",
        "pid": os.getpid() if runs else None,
        "exit_code": None,
        "restarts": 0,
        "started_at": 1767225600.0 if runs else None,
    }
    return {
        "name": name,
        "kind": "service",
        **replica,
        "runtime": "process",
        "waits_for": [],
        "ports": [],
        "moved": [],
        "builds": False,
        "attaches": False,
        "cpu_percent": None,
        "memory_bytes": None,
        "log_tail": [],
        "replicas": [{**replica, "ports": []}],
        **other,
    }


PLACE = {"id": "shop-1a2b3c4d", "name": "shop", "path": "/", "branch": "main", "kind": "local"}


def document(*services: dict[str, Any], revision: int = 1, **other: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "environment": PLACE,
        "services": list(services),
        "problems": [],
        "changes": [],
        "notice": "",
        "revision": revision,
        "settled": True,
        "empty": False,
        "leaving": False,
        **other,
    }
