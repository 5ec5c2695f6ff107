"""Which keys make sense on what is chosen, for the footer and the palette."""

from __future__ import annotations

from collections.abc import Sequence

from devenv.model.state import State
from devenv.tui.order import AT_REST
from devenv.tui.snapshot import Service


def fits(when: str, services: Sequence[Service]) -> bool:
    """Tell whether a key makes sense on these services, for the footer."""
    return any(_fits(word, services) for word in when.split(","))


def _fits(word: str, services: Sequence[Service]) -> bool:
    match word:
        case "any":
            return True
        case "one":
            return bool(services)
        case "rest":
            return any(one.state in AT_REST for one in services)
        case "runs":
            return any(one.state not in AT_REST | {State.FAILED} for one in services)
        case "failed":
            return any(one.state is State.FAILED for one in services)
        case "page":
            return any(one.page for one in services)
        case "terminal":
            return any(one.attaches and one.started for one in services)
        case "built":
            return any(is_built(one) for one in services)
        case "contained":
            return any(one.runtime == "docker" and one.started for one in services)
    return False


def is_built(service: Service) -> bool:
    """Tell whether its image is built on this machine, for this machine."""
    return service.runtime in {"process", "docker"} and service.builds
