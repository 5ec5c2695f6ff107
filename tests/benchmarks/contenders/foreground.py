"""Contenders that run in the foreground, print what services write, and keep no state."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.benchmarks.contenders import Service
from tests.benchmarks.desk import Desk
from tests.benchmarks.processes import kill

ENDS_WITHIN = 30.0


class Foreground:
    """``words`` makes the command from the folder with the Procfile and the services."""

    def __init__(
        self, name: str, words: Callable[[Path, Mapping[str, Service]], Sequence[str]]
    ) -> None:
        self.name = name
        self.desk = Desk()
        self._words = words
        self._services: Mapping[str, Service] = {}
        self._command: subprocess.Popen[bytes] | None = None

    def write(self, services: Mapping[str, Service]) -> None:
        self._services = services
        lines = (f"{name}: {service.line}\n" for name, service in services.items())
        (self.desk.work / "Procfile").write_text("".join(lines))

    def open(self) -> None:
        return

    def up(self) -> None:
        words = self._words(self.desk.work, self._services)
        self._command = self.desk.spawn(words, self._output)

    def settle(self) -> None:
        return

    def stored(self) -> list[Path]:
        return [self._output]

    def log(self, service: str) -> bytes:
        return self._output.read_bytes()

    def down(self) -> None:
        if self._command is None:
            return
        self._command.terminate()
        try:
            self._command.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self._command.kill()
            self._command.wait()

    def close(self) -> None:
        return

    @property
    def _output(self) -> Path:
        return self.desk.folder / "output.txt"


class Shell:
    """The floor: a shell that forks the services, each with a file of its own as output."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.desk = Desk()
        self._services: list[str] = []
        self._command: subprocess.Popen[bytes] | None = None

    def write(self, services: Mapping[str, Service]) -> None:
        self._services = list(services)
        lines = [
            f"sh -c {shlex.quote(service.line)} >{shlex.quote(str(self._file(name)))} 2>&1 &\n"
            for name, service in services.items()
        ]
        (self.desk.work / "up.sh").write_text("".join([*lines, "wait\n"]))

    def open(self) -> None:
        return

    def up(self) -> None:
        self._command = self.desk.spawn(["sh", "up.sh"], self.desk.folder / "up.txt")

    def settle(self) -> None:
        return

    def stored(self) -> list[Path]:
        return [path for name in self._services if (path := self._file(name)).exists()]

    def log(self, service: str) -> bytes:
        return self._file(service).read_bytes()

    def down(self) -> None:
        """Kill them: a floor cleans up nothing."""
        kill(self.desk.alive())
        if self._command is not None:
            self._command.wait(ENDS_WITHIN)

    def close(self) -> None:
        return

    def _file(self, service: str) -> Path:
        return self.desk.work / f"{service}.txt"


def goreman(program: Path) -> Foreground:
    """Without its server, which would listen on every address."""
    words = [str(program), "-rpc-server=false", "start"]
    return Foreground("goreman", lambda _folder, _services: words)


def hivemind(program: Path) -> Foreground:
    return Foreground("hivemind", lambda _folder, _services: [str(program), "Procfile"])


def honcho(program: Path) -> Foreground:
    return Foreground("honcho", lambda _folder, _services: [str(program), "start"])


def concurrently(program: Path) -> Foreground:
    def words(_folder: Path, services: Mapping[str, Service]) -> list[str]:
        lines = [service.line for service in services.values()]
        return [node(), str(program), "-n", ",".join(services), *lines]

    return Foreground("concurrently", words)


def node() -> str:
    return shutil.which("node") or "node"
