"""A machine of its own for one scenario: folders, a checkout, the command line, what is alive."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WITHIN = 45.0
NO_ENGINE = "unix:///nowhere/docker.sock"
"""What a scenario means by its engine, unless it asks for the real one."""


def eventually(condition: Callable[[], object], *, within: float = WITHIN) -> None:
    """Return once ``condition`` holds; fail when ``within`` seconds are over."""
    deadline = time.monotonic() + within
    asked = time.monotonic()
    while not (value := condition()):
        assert time.monotonic() < deadline, f"still {value!r} after {within} s"
        # What is costly to ask must not take the processor from what it waits for.
        time.sleep(max(0.01, time.monotonic() - asked))
        asked = time.monotonic()


@dataclass
class Sandbox:
    """``token`` marks the command lines of the scenario's own processes."""

    base: Path
    checkout: Path
    runtime: Path
    token: str
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "DEVENV_"))}
        return {
            **kept,
            "HOME": str(self.base / "home"),
            "XDG_STATE_HOME": str(self.base / "state"),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "DOCKER_HOST": NO_ENGINE,
            **self.extra,
        }

    @property
    def state(self) -> Path:
        return self.base / "state" / "devenv"

    def profile(self, text: str) -> None:
        """Write the profile; ``TOKEN`` in it becomes the token."""
        self.write("devenv.profile.yaml", text)

    def write(self, name: str, text: str) -> Path:
        path = self.checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("TOKEN", self.token))
        return path

    def run(
        self,
        *arguments: str,
        check: bool = True,
        cwd: Path | None = None,
        extra: Mapping[str, str] | None = None,
        timeout: float = 60.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line as a user does."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=cwd or self.checkout,
            env={**self.environ, **(extra or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check:
            assert done.returncode == 0, (
                f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done

    def spawn(
        self, *arguments: str, extra: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start the command line and go on."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.checkout,
            env={**self.environ, **(extra or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def command(self, *arguments: str) -> Sequence[str]:
        return [str(Path(sys.executable).with_name("devenv")), *arguments]

    def status(self, **options: Any) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("status", "--json", **options).stdout)
        return found

    def service(self, name: str) -> dict[str, Any]:
        return next(one for one in self.status()["services"] if one["name"] == name)

    def states(self) -> dict[str, str]:
        return {one["name"]: one["state"] for one in self.status()["services"]}

    def pids(self) -> dict[str, int]:
        return {one["name"]: one["pid"] for one in self.status()["services"] if one["pid"]}

    def alive(self) -> list[int]:
        """Processes of the scenario, whoever their parent is."""
        return processes_with(self.token)

    def daemon_pid(self) -> int | None:
        done = self.run("daemon", "status", "--json", check=False)
        daemon = json.loads(done.stdout or "{}").get("daemon")
        return daemon["pid"] if daemon else None

    def kill_daemon(self) -> None:
        pid = self.daemon_pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not _lives(pid))

    def keepers(self) -> list[int]:
        """Keepers of this sandbox, told by their sockets' folder in their environment."""
        return [pid for pid in _with_variable(f"XDG_RUNTIME_DIR={self.runtime}") if _is_keeper(pid)]

    def close(self) -> None:
        """End everything that the scenario started."""
        self.run("down", "--all", "--volumes", "--yes", check=False)
        self.run("daemon", "stop", check=False)
        left = {*self.alive(), *_with_variable(f"XDG_RUNTIME_DIR={self.runtime}")} - {os.getpid()}
        for pid in left:
            _kill(pid)
        shutil.rmtree(self.runtime, ignore_errors=True)


def make_sandbox(base: Path) -> Sandbox:
    runtime = Path(tempfile.mkdtemp(prefix="dv", dir="/tmp"))
    checkout = base / "checkout"
    checkout.mkdir()
    (base / "home").mkdir()
    return Sandbox(base, checkout, runtime, token=f"7{time.time_ns() % 10**12:012d}")


def processes_with(text: str) -> list[int]:
    """Processes whose command line holds ``text``."""
    return _matching("cmdline", text.encode())


def _with_variable(text: str) -> list[int]:
    return _matching("environ", text.encode())


def _matching(name: str, text: bytes) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if text in (folder / name).read_bytes() and _lives(int(folder.name)):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def _is_keeper(pid: int) -> bool:
    try:
        return b"keeper" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _lives(pid: int) -> bool:
    """Whether it is there, and no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
