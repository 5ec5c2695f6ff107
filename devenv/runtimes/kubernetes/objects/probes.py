"""A readiness check as a cluster makes it."""

from __future__ import annotations

import math
from typing import Any

from devenv.errors import DevenvError
from devenv.model.service import (
    Check,
    ExecCheck,
    FileCheck,
    HttpCheck,
    LogCheck,
    Port,
    Probe,
    Service,
    TcpCheck,
)


def probes(service: Service) -> dict[str, Any]:
    """Both probes of a container: quick tries until the first success, then the check's own pace.

    DevenvError: a cluster cannot check this.
    """
    probe = service.probe
    if probe is None:
        return {}
    check = _check(probe.check, service)
    timeout = max(1, math.ceil(probe.timeout))
    patience = probe.start_period + probe.interval * probe.retries
    return {
        "startupProbe": {
            **check,
            "periodSeconds": 1,
            "timeoutSeconds": timeout,
            "failureThreshold": max(30, math.ceil(patience)),
        },
        "readinessProbe": {
            **check,
            "periodSeconds": _pace(probe),
            "timeoutSeconds": timeout,
            "failureThreshold": max(1, probe.retries),
        },
    }


def _pace(probe: Probe) -> int:
    return max(1, math.ceil(probe.interval))


def _check(check: Check, service: Service) -> dict[str, Any]:
    match check:
        case HttpCheck(path, port, _, statuses):
            if statuses:
                raise DevenvError(
                    "a cluster cannot look for certain HTTP statuses", "take 200 to 399, or `exec`"
                )
            return {"httpGet": {"path": path, "port": _number(port, service)}}
        case TcpCheck(port):
            return {"tcpSocket": {"port": _number(port, service)}}
        case ExecCheck(command):
            return {"exec": {"command": list(command)}}
        case FileCheck(path):
            return {"exec": {"command": ["test", "-e", path]}}
        case LogCheck():
            raise DevenvError("a cluster cannot look into a log", "check with http, tcp or exec")


def _number(named: str, service: Service) -> int:
    if named.isdecimal():
        return int(named)
    found = next((port for port in service.ports if named in ("", port.name)), None)
    if found is None:
        raise DevenvError(f"{service.name} has no port {named or 'to check'}")
    return container_port(found)


def container_port(port: Port) -> int:
    """The number of a port within its container. DevenvError: only this machine could choose it."""
    if port.target:
        return port.target
    if isinstance(port.wanted, int):
        return port.wanted
    raise DevenvError(
        f"the port {port.name} has no number within the container",
        f"write it after the one of this machine: `{port.name}: auto:8080`",
    )
