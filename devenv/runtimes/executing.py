"""What of a command within a unit is the same for each runtime."""

from __future__ import annotations

from contextlib import aclosing
from typing import Protocol

from devenv.runtimes.protocol import Outcome

MAX_OUTPUT = 4096
"""Bytes of a command's output that are looked at."""


class Executing(Protocol):
    """One open command: its output in pieces, None at its end; then its code."""

    async def read(self) -> tuple[int, bytes] | None: ...

    async def exit_code(self) -> int: ...

    async def aclose(self) -> None: ...


async def outcome_of(command: Executing) -> Outcome:
    """Wait for its end and close it; only the beginning of its output is kept."""
    kept = b""
    async with aclosing(command):
        while (piece := await command.read()) is not None:
            kept += piece[1][: MAX_OUTPUT - len(kept)]
        code = await command.exit_code()
    return Outcome(code, kept.decode("utf-8", "replace").strip())
