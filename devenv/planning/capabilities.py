"""Which runtime a service gets, and what is missing where none can run it."""

from __future__ import annotations

from collections.abc import Collection

from devenv.model.origin import Problem
from devenv.model.service import Service

PROCESS = "process"


def choose(
    service: Service, runtimes: Collection[str], asked: str = ""
) -> tuple[str, str] | Problem:
    """Choose a runtime for a service: its name, and why it is that one."""
    pinned = asked or service.runtime
    why = "asked for on the command line" if asked else "the profile says so"
    if pinned and pinned not in runtimes:
        known = ", ".join(sorted(runtimes))
        return Problem(
            f"{service.name}: there is no runtime {pinned} here",
            service.origin,
            f"there is {known}",
        )
    if pinned == PROCESS or not pinned:
        return _as_process(
            service, runtimes, why if pinned else "it has a command for this machine"
        )
    return pinned, why


def _as_process(service: Service, runtimes: Collection[str], why: str) -> tuple[str, str] | Problem:
    if service.process is None:
        return Problem(
            f"{service.name} can only be a container, and no container engine is in use",
            service.origin,
            "add `process: {command: …}`, or take a shipped profile: `uses: postgres`",
        )
    if PROCESS not in runtimes:
        return next(iter(sorted(runtimes))), "the only runtime there is"
    return PROCESS, why
