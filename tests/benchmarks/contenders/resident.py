"""Contenders with a resident supervisor, which is started before anything is measured."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.contenders import Service
from tests.benchmarks.contenders.foreground import node
from tests.benchmarks.desk import CALL_LIMIT, Desk, FailedError
from tests.benchmarks.waiting import exit_code


class Pm2:
    def __init__(self, program: Path) -> None:
        self.name = "pm2"
        self.desk = Desk()
        self._words = [node(), str(program)]
        self._command: subprocess.Popen[bytes] | None = None

    def write(self, services: Mapping[str, Service]) -> None:
        applications = [
            {"name": name, "script": "/bin/sh", "args": ["-c", one.line], "interpreter": "none"}
            for name, one in services.items()
        ]
        text = f"module.exports = {json.dumps({'apps': applications}, indent=1)}\n"
        (self.desk.work / "ecosystem.config.js").write_text(text)

    def open(self) -> None:
        self.desk.call([*self._words, "ping"], self._extra)
        self.desk.note_residents()

    def up(self) -> None:
        words = [*self._words, "start", "ecosystem.config.js"]
        self._command = self.desk.spawn(words, self.desk.folder / "up.txt", self._extra)

    def settle(self) -> None:
        _wait(self._command, self.desk.folder / "up.txt")

    def stored(self) -> list[Path]:
        return sorted(self.desk.home.glob(".pm2/logs/*-out.log"))

    def log(self, service: str) -> bytes:
        return (self.desk.home / ".pm2" / "logs" / f"{service}-out.log").read_bytes()

    def down(self) -> None:
        self.settle()
        self.desk.call([*self._words, "delete", "all"], self._extra)

    def close(self) -> None:
        self.desk.call([*self._words, "kill"], self._extra)

    @property
    def _extra(self) -> dict[str, str]:
        return {"PM2_HOME": str(self.desk.home / ".pm2")}


class Pitchfork:
    def __init__(self, program: Path, name: str = "pitchfork") -> None:
        self.name = name
        self.desk = Desk()
        self._program = str(program)
        self._command: subprocess.Popen[bytes] | None = None

    def write(self, services: Mapping[str, Service]) -> None:
        text = "\n".join(_daemon(name, service) for name, service in services.items())
        (self.desk.work / "pitchfork.toml").write_text(text)

    def open(self) -> None:
        self.desk.call([self._program, "supervisor", "start"])
        self.desk.note_residents()

    def up(self) -> None:
        words = [self._program, "start", "-l"]
        self._command = self.desk.spawn(words, self.desk.folder / "up.txt")

    def settle(self) -> None:
        _wait(self._command, self.desk.folder / "up.txt")

    def stored(self) -> list[Path]:
        return sorted(path for path in self.desk.state.rglob("*") if path.is_file())

    def log(self, service: str) -> bytes:
        return self.desk.call([self._program, "logs", "--raw", service])

    def down(self) -> None:
        self.settle()
        self.desk.call([self._program, "stop", "-l"])

    def close(self) -> None:
        self.desk.call([self._program, "supervisor", "stop"])


def _wait(command: subprocess.Popen[bytes] | None, said: Path) -> None:
    if command is None:
        return
    code = exit_code(command, within=CALL_LIMIT)
    if code != 0:
        raise FailedError(f"it ended with {code}: {said.read_text('utf-8', 'replace')[-500:]}")


def _daemon(name: str, service: Service) -> str:
    """Write one table; a JSON string is a TOML string."""
    lines = [f"[daemons.{name}]", f"run = {json.dumps(service.line)}"]
    if service.after:
        lines.append(f"depends = [{json.dumps(service.after)}]")
    ready = service.ready
    if ready is None:
        lines.append("ready_delay = 0")
    elif ready.kind == "http":
        lines.append(f'ready_http = "http://127.0.0.1:{ready.port}/"')
    elif ready.kind == "tcp":
        lines.append(f"ready_port = {ready.port}")
    else:
        lines.append(f"ready_cmd = {json.dumps(ready.command)}")
    return "\n".join(lines) + "\n"
