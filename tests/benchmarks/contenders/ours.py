"""devenv as a contender, by its command line only."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.contenders import Ready, Service
from tests.benchmarks.desk import CALL_LIMIT, Desk, FailedError
from tests.benchmarks.processes import command_line, marked
from tests.benchmarks.waiting import eventually, exit_code

WARDEN = "keeper/main.py"
PROGRAM = str(Path(sys.executable).with_name("devenv"))


class Devenv:
    """``warm``: the daemon runs before ``up``. Else each ``up`` starts it."""

    def __init__(self, name: str = "devenv", *, warm: bool = True) -> None:
        self.name = name
        self.desk = Desk()
        self._warm = warm
        self._command: subprocess.Popen[bytes] | None = None

    def write(self, services: Mapping[str, Service]) -> None:
        """Write JSON, which is YAML too."""
        profile = {"services": {name: _service(one) for name, one in services.items()}}
        (self.desk.work / "devenv.profile.yaml").write_text(json.dumps(profile, indent=1))

    def open(self) -> None:
        if self._warm:
            self.call("daemon", "start")
            eventually(self._is_warm, "a warden of keepers", within=CALL_LIMIT)
        self.desk.note_residents()

    def up(self) -> None:
        self._command = self.desk.spawn([PROGRAM, "up", "-d"], self._said)

    def settle(self) -> None:
        if self._command is None:
            return
        code = exit_code(self._command, within=CALL_LIMIT)
        if code != 0:
            raise FailedError(f"up ended with {code}: {self._said.read_text()[-500:]}")

    def stored(self) -> list[Path]:
        return sorted(self.desk.state.glob("devenv/*/logs/*/*.log"))

    def log(self, service: str) -> bytes:
        return self.call("logs", "--no-prefix", service)

    def down(self) -> None:
        self.settle()
        self.call("down")
        if not self._warm:
            self.call("daemon", "stop")

    def close(self) -> None:
        self.call("daemon", "stop")

    def call(self, *words: str) -> bytes:
        return self.desk.call([PROGRAM, *words])

    def pids(self) -> dict[str, int]:
        """The pid of each service that is ready."""
        return ready_pids(self.call("status", "--json"))

    def _is_warm(self) -> bool:
        return any(WARDEN in command_line(pid) for pid in marked(self.desk.mark))

    @property
    def _said(self) -> Path:
        return self.desk.folder / "up.txt"


def ready_pids(status: bytes) -> dict[str, int]:
    """Read the ready services' pids from ``status --json``."""
    document = json.loads(status)
    return {one["name"]: one["pid"] for one in document["services"] if one["state"] == "ready"}


def _service(service: Service) -> dict[str, Any]:
    found: dict[str, Any] = {"command": ["sh", "-c", service.line.replace("$", "$$")]}
    if service.ready:
        found["ready"] = _ready(service.ready)
    if service.after:
        found["depends_on"] = {service.after: {"condition": "service_healthy"}}
    return found


def _ready(ready: Ready) -> dict[str, Any]:
    match ready.kind:
        case "http":
            return {"http": {"path": "/", "port": ready.port}}
        case "tcp":
            return {"tcp": ready.port}
        case _:
            return {"exec": ready.command.split()}
