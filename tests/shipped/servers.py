"""Starts shipped profiles' servers as the daemon would, and waits for their own probes."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from psycopg.conninfo import make_conninfo

from tests.ports import free_port

PROFILES = Path(__file__).resolve().parents[2] / "profiles"
START_LIMIT = 50.0
"""Seconds for a first start, which may have to install the server."""
STOP_LIMIT = 20.0

AS_PLAIN_USER = (
    ("unshare", "--user", "--map-user=65534", "--map-group=65534") if os.geteuid() == 0 else ()
)
"""What makes root a plain user to the programs that it runs."""


class Server:
    """One server of a shipped profile, started by ``run.py`` as a process of our own."""

    def __init__(self, profile: str, environment: Mapping[str, str], log: Path) -> None:
        self.folder = PROFILES / profile
        self.environment = {**os.environ, **environment}
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, version: str = "", prefix: tuple[str, ...] = ()) -> None:
        command = (*prefix, *self._python("run.py"), version)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment
            )

    def start_and_wait(self, version: str = "", prefix: tuple[str, ...] = ()) -> None:
        """Return once its probe passes; fail with its log where it ends or takes too long."""
        self.start(version, prefix)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        assert self.process is not None
        end = os.pidfd_open(self.process.pid)
        deadline = time.monotonic() + START_LIMIT
        try:
            while self.probe().returncode != 0:
                ended, _, _ = select.select([end], [], [], 0.05)
                assert not ended, self.said()
                assert time.monotonic() < deadline, self.said()
        finally:
            os.close(end)

    def refusal(self, version: str = "") -> str:
        """Start it and have it end with a failure; returns what it said."""
        self.start(version)
        assert self.process is not None
        assert self.process.wait(START_LIMIT) == 1
        return self.said()

    def probe(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._python("probe.py"),
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def login(self, **other: str) -> str:
        """What psycopg takes to connect to a PostgreSQL."""
        environment = {**self.environment, **other}
        return make_conninfo(
            host=environment["PGHOST"],
            port=environment["PGPORT"],
            user=environment["POSTGRES_USER"],
            password=environment["POSTGRES_PASSWORD"],
            dbname=environment["POSTGRES_DB"],
        )

    def stop(self, number: signal.Signals) -> int:
        """End it; returns its status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(STOP_LIMIT)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.stop(signal.SIGKILL)

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def _python(self, name: str) -> tuple[str, ...]:
        return (sys.executable, "-I", "-S", str(self.folder / name))


def postgres(folder: Path, cache: Path, **variables: str) -> Server:
    """A PostgreSQL with its data and log in this folder; keywords are variables to change."""
    standard = {
        "PGDATA": str(folder / "cluster"),
        "PGHOST": "127.0.0.1",
        "PGPORT": str(free_port()),
        "POSTGRES_USER": "app",
        "POSTGRES_PASSWORD": "pass word's \\ö",
        "POSTGRES_DB": "app",
        "XDG_CACHE_HOME": str(cache),
    }
    return Server("postgres", {**standard, **variables}, _made(folder) / "log")


def redis(folder: Path, cache: Path, **variables: str) -> Server:
    """A Redis with its data and log in this folder; keywords are variables to change."""
    standard = {
        "REDIS_DATA": str(folder / "data"),
        "REDIS_HOST": "127.0.0.1",
        "REDIS_PORT": str(free_port()),
        "REDIS_PASSWORD": 'pass "word"\\ö',
        "XDG_CACHE_HOME": str(cache),
    }
    return Server("redis", {**standard, **variables}, _made(folder) / "log")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
