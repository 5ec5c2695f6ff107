"""Which runtime a service gets, and what is missing where none can run it."""

from __future__ import annotations

from collections.abc import Mapping

from devenv.model.origin import Problem
from devenv.model.service import Service

PROCESS = "process"
DOCKER = "docker"
KUBERNETES = "kubernetes"
CONTAINED = frozenset({DOCKER, KUBERNETES})
"""The runtimes whose units see each other by their names."""
ROLLING = frozenset({KUBERNETES})
"""The runtimes that put a changed service in the place of the one before while that still runs."""
ENDING_AT_ONCE = frozenset({KUBERNETES})
"""The runtimes that end what runs of an environment along with what holds it."""
AS_PROCESS = "add `process: {command: …}`, or take a shipped profile: `uses: postgres`"


UNSUPPORTED = ("gpus", "models", "provider")
"""What Compose gives to a container, and devenv does not."""


def choose(
    service: Service, away: Mapping[str, str], asked: str = "", *, lacking: str = ""
) -> tuple[str, str] | Problem:
    """Choose a runtime for a service: its name, and why it is that one.

    ``away`` says of every runtime why it cannot be used ("": it can); ``lacking`` why the image
    of this service cannot be had.
    """
    if KUBERNETES in away:
        return KUBERNETES, "a preview runs in a cluster"
    chosen = _choose(service, away, asked, lacking)
    key = _unsupported(service)
    if key and not isinstance(chosen, Problem) and chosen[0] == DOCKER:
        hint = "without it the service would not be what was written"
        return Problem(f"{service.name}: `{key}` is not supported", service.origin, hint)
    return chosen


def _unsupported(service: Service) -> str:
    definition = service.definition
    resources = (definition.get("deploy") or {}).get("resources") or {}
    if (resources.get("reservations") or {}).get("devices"):
        return "deploy.resources.reservations.devices"
    return next((key for key in UNSUPPORTED if definition.get(key)), "")


def _choose(
    service: Service, away: Mapping[str, str], asked: str, lacking: str
) -> tuple[str, str] | Problem:
    pinned = asked or service.runtime
    why = "asked for on the command line" if asked else "the profile says so"
    if pinned and pinned not in away:
        return Problem(
            f"{service.name}: there is no runtime {pinned} here",
            service.origin,
            f"there is {', '.join(sorted(away))}",
        )
    if pinned:
        return _pinned(service, pinned, why, away)
    is_reached = not away.get(DOCKER, "there is none")
    if service.container is not None and is_reached and not (lacking and service.process):
        return DOCKER, "an engine answers"
    if service.process is not None:
        return PROCESS, _why_process(service, lacking if is_reached else "")
    return Problem(
        f"{service.name} can only be a container: {away.get(DOCKER, 'there is no engine')}",
        service.origin,
        f"start the engine, or {AS_PROCESS}",
    )


def _why_process(service: Service, lacking: str) -> str:
    if service.container is None:
        return "it has a command for this machine"
    return lacking or "no engine answers"


def _pinned(
    service: Service, runtime: str, why: str, away: Mapping[str, str]
) -> tuple[str, str] | Problem:
    sides = {PROCESS: service.process, DOCKER: service.container}
    if sides.get(runtime, service) is None:
        missing = AS_PROCESS if runtime == PROCESS else "add `image` or `build`"
        what = "a host process" if runtime == PROCESS else "a container"
        return Problem(f"{service.name} cannot be {what}", service.origin, missing)
    if away[runtime]:
        return Problem(f"{service.name}: {runtime}: {away[runtime]}", service.origin)
    return runtime, why
