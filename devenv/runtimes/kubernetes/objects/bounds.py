"""What a preview's namespace allows: in all, of each container, and how much a pod may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from devenv.runtimes.kubernetes.objects.security import BASELINE, RESTRICTED


@dataclass(frozen=True, slots=True)
class Bounds:
    """Quantities as a cluster writes them.

    ``quota``: what all pods together may have; ``limit``, ``request``: what a container has that
    says nothing. ``enforced``, ``warned``: levels of Pod Security.
    """

    quota: Mapping[str, str] = field(default_factory=dict)
    limit: Mapping[str, str] = field(default_factory=dict)
    request: Mapping[str, str] = field(default_factory=dict)
    enforced: str = ""
    warned: str = ""


USUAL = Bounds(
    quota={
        "requests.cpu": "10",
        "requests.memory": "20Gi",
        "limits.cpu": "20",
        "limits.memory": "40Gi",
        "pods": "40",
        "services": "40",
        "persistentvolumeclaims": "20",
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    },
    limit={"cpu": "1", "memory": "512Mi"},
    request={"cpu": "50m", "memory": "64Mi"},
    enforced=BASELINE,
    warned=RESTRICTED,
)
UNKNOWN = Bounds()
"""Those of a namespace that somebody else has made."""
