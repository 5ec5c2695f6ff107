"""Tools that run the containers of a compose.yaml: Docker Compose, as plugin and alone, and devenv.

They need the lab's engine and images: see `tests/lab/engine`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.command import timed
from tests.benchmarks.contenders import Service
from tests.benchmarks.contenders.ours import PROGRAM
from tests.benchmarks.desk import CALL_LIMIT, Desk, FailedError
from tests.benchmarks.waiting import eventually, exit_code

OURS = "devenv"
PLUGIN = "docker compose"
ALONE = "docker-compose"
ENGINE, LOGS = "the engine's own file", "docker compose logs"
BUSYBOX = "lab/busybox:1"
PYTHON = "lab/python:3.11"

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """What a tool calls what we measure; ``opening`` starts and ``closing`` ends what stays."""

    up: Sequence[str] = ("up", "-d")
    up_ready: Sequence[str] = ("up", "-d", "--wait")
    status: Sequence[str] = ("ps",)
    down: Sequence[str] = ("down",)
    pause: Sequence[str] = ("pause",)
    resume: Sequence[str] = ("unpause",)
    config: Sequence[str] = ("config", "--format", "json")
    logs: Sequence[str] = ("logs", "--no-log-prefix")
    opening: Sequence[Sequence[str]] = ()
    closing: Sequence[Sequence[str]] = (("down", "--volumes", "--timeout", "0"),)


_DEVENV = Words(
    up_ready=("up", "-d"),
    status=("status",),
    resume=("resume",),
    config=("config", "--compose", "--format", "json"),
    logs=("logs", "--no-prefix"),
    opening=(("daemon", "start"),),
    closing=(("down",), ("daemon", "stop")),
)


@dataclass
class Composed:
    """One tool and its folder; a contender, and for other rows any compose.yaml."""

    name: str
    program: Sequence[str]
    words: Words
    desk: Desk = field(default_factory=Desk)
    _command: subprocess.Popen[bytes] | None = None
    _watch: subprocess.Popen[bytes] | None = None

    def write_document(self, document: Document) -> None:
        """Write JSON, which is YAML too, under a name of its own among the engine's projects."""
        named = {"name": f"bench-{self.desk.mark[:12]}", **document}
        (self.desk.work / "compose.yaml").write_text(json.dumps(named, indent=1))

    def write(self, services: Mapping[str, Service]) -> None:
        """Give them the desk's folder: there are the pipes that they mark and wait at."""
        folder = str(self.desk.folder)
        found = {name: _python(service, folder) for name, service in services.items()}
        self.write_document({"services": found})

    def open(self) -> None:
        for words in self.words.opening:
            self.call(words)
        self.desk.note_residents()

    def timed(self, words: Sequence[str]) -> float:
        return timed(self.desk, [*self.program, *words])[0]

    def call(self, words: Sequence[str]) -> bytes:
        return self.desk.call([*self.program, *words])

    def up(self) -> None:
        self._command = self.desk.spawn([*self.program, *self.words.up], self._said)

    def settle(self) -> None:
        if self._command is not None and (code := exit_code(self._command, within=CALL_LIMIT)) != 0:
            raise FailedError(f"up ended with {code}: {self._said.read_text()[-500:]}")

    def stored(self) -> list[Path]:
        if self.name == OURS:
            return sorted(self.desk.state.glob("devenv/*/logs/*/*.log"))
        form = "{{.LogPath}}"
        found = self.desk.call(["docker", "inspect", "-f", form, *self.containers()])
        return [Path(line) for line in found.decode().split()]

    def log(self, service: str) -> bytes:
        return self.call([*self.words.logs, service])

    def down(self) -> None:
        self.settle()
        self.call(self.words.down)

    def watch(self) -> None:
        """Have what is saved follow into what runs: in the foreground, where it is told to."""
        if self.name == OURS:
            return
        said = self.desk.folder / "watch.txt"
        self._watch = self.desk.spawn([*self.program, "watch", "--no-up"], said)
        eventually(lambda: b"atch" in said.read_bytes(), "watching", within=CALL_LIMIT)

    def close(self) -> None:
        if self._watch is not None:
            self._watch.terminate()
            exit_code(self._watch, within=CALL_LIMIT)
        for words in self.words.closing:
            self.call(words)

    def containers(self, state: str = "running", service: str = "") -> list[str]:
        """List those of the folder's project, or of one of its services, whoever has made them."""
        folder = f"label=com.docker.compose.project.working_dir={self.desk.work}"
        words = ["docker", "ps", "-q", "--filter", folder, "--filter", f"status={state}"]
        if service:
            words += ["--filter", f"label=com.docker.compose.service={service}"]
        return self.desk.call(words).decode().split()

    @property
    def _said(self) -> Path:
        return self.desk.folder / "up.txt"


@dataclass
class Following(Composed):
    """Keeps what `docker compose logs --follow` says in a file: a store of its user's own."""

    _follower: subprocess.Popen[bytes] | None = None

    def settle(self) -> None:
        super().settle()
        if self._follower is None:
            words = [*self.program, *self.words.logs, "--no-color", "--follow"]
            self._follower = self.desk.spawn(words, self._followed)

    def stored(self) -> list[Path]:
        return [self._followed]

    def log(self, service: str) -> bytes:
        return self._followed.read_bytes()

    def close(self) -> None:
        super().close()
        if self._follower is not None:
            exit_code(self._follower, within=CALL_LIMIT)

    @property
    def _followed(self) -> Path:
        return self.desk.folder / "followed.txt"


def _python(service: Service, folder: str) -> Document:
    line = service.line.replace("$", "$$")
    return {
        "image": PYTHON,
        "command": ["sh", "-c", line],
        "volumes": [f"{folder}:{folder}"],
        "stop_grace_period": "0s",
    }


def sleepers(count: int, **keys: Any) -> Document:
    """Services that do nothing, and end when they are told to. A key that is None is left out."""
    written = {"image": BUSYBOX, "init": True, "command": ["sleep", "100000"], **keys}
    service = {key: value for key, value in written.items() if value is not None}
    return {"services": {f"s{number}": service for number in range(count)}}


def devenv() -> Composed:
    return Composed(OURS, (PROGRAM,), _DEVENV)


def plugin() -> Composed:
    return Composed(PLUGIN, ("docker", "compose"), Words())


def engine() -> Composed:
    return Composed(ENGINE, ("docker", "compose"), Words())


def following() -> Composed:
    return Following(LOGS, ("docker", "compose"), Words())


def alone() -> Composed:
    return Composed(ALONE, ("docker-compose",), Words())


MAKERS: Mapping[str, Callable[[], Composed]] = {
    OURS: devenv,
    PLUGIN: plugin,
    ALONE: alone,
    ENGINE: engine,
    LOGS: following,
}


def missing() -> dict[str, str]:
    """Say why tools are not there; all are missing where there is no engine."""
    reasons: dict[str, str] = {}
    for name, make in MAKERS.items():
        program = make().program
        if shutil.which(program[0]) is None:
            reasons[name] = f"{program[0]} is not on this machine"
        elif name != OURS and not _succeeds([*program, "version"]):
            reasons[name] = "Docker Compose is not installed: see tests/lab/engine"
    if not _succeeds(["docker", "version"]):
        return dict.fromkeys(MAKERS, "no engine answers: see tests/lab/engine")
    return reasons


def _succeeds(words: Sequence[str]) -> bool:
    try:
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
