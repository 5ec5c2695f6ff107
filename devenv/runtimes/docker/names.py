"""How our things are called and marked in an engine: by our own labels, and by Compose's.

Selection is always by our own; Compose's are for the eyes of tools that group by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_hex

from devenv.model.environment import EnvironmentId, ReplicaId

OURS = "dev.devenv."
ENVIRONMENT = OURS + "environment"
SERVICE = OURS + "service"
INDEX = OURS + "index"
FINGERPRINT = OURS + "fingerprint"
GENERATION = OURS + "generation"
RESOURCE = OURS + "resource"
ORIGIN = OURS + "origin"
"""On a network: whose state folder knows its environment."""
INPUTS = OURS + "inputs"
"""On an image that we have built: the hash of what it was built from."""
ONE_OFF = OURS + "one-off"
"""On what is made like a service's container and is none of its replicas: for what it is."""
NETWORK = "network"
"""Such a one that owns the network of all others."""
OF_AN_ASIDE = (ENVIRONMENT, SERVICE, ONE_OFF)
"""By which labels together one of those is found."""

_COMPOSE = "com.docker.compose."
CONFIG_HASH = _COMPOSE + "config-hash"
"""Without it Compose's own commands pass a container over."""


def container_name(environment: EnvironmentId, replica: ReplicaId) -> str:
    return f"{environment}-{replica.service}-{replica.index + 1}"


def aside_name(environment: EnvironmentId, service: str, purpose: str) -> str:
    return f"{environment}-{service}-{purpose}-{token_hex(4)}"


def aside_labels(environment: EnvironmentId, service: str, purpose: str) -> dict[str, str]:
    """``purpose``: a text of its own for each kind of them."""
    return {
        ENVIRONMENT: environment,
        SERVICE: service,
        ONE_OFF: purpose,
        _COMPOSE + "project": environment,
        _COMPOSE + "service": service,
        _COMPOSE + "oneoff": "True",
    }


def resource_name(
    environment: EnvironmentId, project: str, key: str, definition: Mapping[str, object]
) -> str:
    """The engine's name of a network or volume: a name that was written stays as it is.

    ``project`` is Compose's name of the project, from which it makes up the others.
    """
    name = str(definition.get("name") or "")
    made_up = name in ("", f"{project}_{key}")
    return f"{environment}_{key}" if made_up and not definition.get("external") else name or key


def container_labels(
    environment: EnvironmentId, replica: ReplicaId, *, directory: str, files: str
) -> dict[str, str]:
    """What a container is found by."""
    return {
        ENVIRONMENT: environment,
        SERVICE: replica.service,
        INDEX: str(replica.index),
        _COMPOSE + "project": environment,
        _COMPOSE + "service": replica.service,
        _COMPOSE + "container-number": str(replica.index + 1),
        _COMPOSE + "oneoff": "False",
        _COMPOSE + "project.working_dir": directory,
        _COMPOSE + "project.config_files": files,
    }


def resource_labels(environment: EnvironmentId, kind: str, key: str) -> dict[str, str]:
    """``kind``: network or volume."""
    return {
        ENVIRONMENT: environment,
        RESOURCE: key,
        _COMPOSE + "project": environment,
        _COMPOSE + kind: key,
    }


def replica_of(labels: Mapping[str, str]) -> tuple[EnvironmentId, ReplicaId] | None:
    """Whose a container is; None: not ours, or a one-off."""
    environment, service = labels.get(ENVIRONMENT), labels.get(SERVICE)
    index = labels.get(INDEX, "")
    if not environment or not service or not index.isdecimal() or ONE_OFF in labels:
        return None
    return EnvironmentId(environment), ReplicaId(service, int(index))
