"""Mutagen, into a container that Docker Compose runs: its daemon and data lie in the desk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.contenders.composed import Composed, Words
from tests.benchmarks.peers import PEERS, cache_folder, installed

NAME = "mutagen"


@dataclass
class Mutagen(Composed):
    """``mutagen`` is its program."""

    mutagen: Path = Path(NAME)

    def create(self, source: Path, target: str, service: str = "web") -> None:
        """Sync a folder into a container, one way, and return when all is there."""
        (container,) = self.containers(service=service)
        url = f"docker://{container}{target}"
        words = ["--name", service, "--mode", "one-way-replica", "--no-global-configuration"]
        self._say(["sync", "create", *words, str(source), url])
        self._say(["sync", "flush", service])

    def terminate(self) -> None:
        self._say(["sync", "terminate", "web"])

    def close(self) -> None:
        self._say(["sync", "terminate", "--all"])
        self._say(["daemon", "stop"])
        super().close()

    def _say(self, words: list[str]) -> None:
        self.desk.call([str(self.mutagen), *words])


def program() -> Path | None:
    """Where it is installed; None: nowhere."""
    peer = next(peer for peer in PEERS if peer.name == NAME)
    return installed(peer, cache_folder(os.environ))


def mutagen() -> Mutagen:
    return Mutagen(NAME, ("docker", "compose"), Words(), mutagen=program() or Path(NAME))
