"""The fingerprint of a definition: differs, and the unit is made again.

Keyed, since a definition may hold a secret; the key is the user's own.
"""

from __future__ import annotations

import hashlib
import hmac
from json import dumps

from devenv.model.service import Container, Port, Process, Service


def fingerprint(service: Service, key: bytes) -> str:
    """Hash what a change of means another unit: how it runs, where, and on which ports."""
    made_of = [
        _process(service.process) if service.process else None,
        _container(service.container) if service.container else None,
        [_port(port) for port in service.ports],
    ]
    return hmac.new(key, dumps(made_of, sort_keys=True).encode(), hashlib.sha256).hexdigest()[:16]


def _process(process: Process) -> list[object]:
    variables = sorted(process.environment.items())
    return [process.command, process.directory, variables, process.tty, process.stdin]


def _container(container: Container) -> dict[str, object]:
    definition = container.definition
    kept = {key: value for key, value in definition.items() if key not in _OF_NO_UNIT}
    named = {"name": container.name} if container.name else {}
    return {**kept, **named, "resources": (definition.get("deploy") or {}).get("resources")}


_OF_NO_UNIT = frozenset(
    {
        "build",
        "depends_on",
        "deploy",
        "develop",
        "env_file",
        "label_file",
        "ports",
        "profiles",
        "pull_policy",
        "restart",
        "scale",
        "stop_grace_period",
    }
)
"""Keys of a container's definition that do not change the container (``ports`` are its own)."""


def _port(port: Port) -> list[object]:
    return [port.name, str(port.wanted), port.host, port.protocol, port.target]
