"""The contenders: one small class for each way of running services, all with one interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.benchmarks.desk import Desk


@dataclass(frozen=True, slots=True)
class Ready:
    """When a service is ready: ``kind`` is `http`, `tcp` or `exec`."""

    kind: str
    port: int = 0
    command: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """Every contender runs ``sh -c LINE``, and waits for the service ``after`` to be ready."""

    line: str
    ready: Ready | None = None
    after: str = ""


class Contender(Protocol):
    """Used as write, open, (up, settle, down)…, close; ``desk`` is its own machine."""

    name: str
    desk: Desk

    def write(self, services: Mapping[str, Service]) -> None:
        """Write its configuration."""

    def open(self) -> None:
        """Start what is resident: not measured."""

    def up(self) -> None:
        """Start the command that brings the services up, and return at once."""

    def settle(self) -> None:
        """Wait until that command has done its work. FailedError where it says that it failed."""

    def stored(self) -> list[Path]:
        """List the files that hold, so far, what the services wrote."""

    def log(self, service: str) -> bytes:
        """Return what is stored of a service, maybe with prefixes and others' lines in it."""

    def down(self) -> None:
        """End the services in the contender's own way, and wait."""

    def close(self) -> None:
        """End what is resident."""
