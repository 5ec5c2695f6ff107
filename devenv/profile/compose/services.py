"""From a resolved project to the model: each service as a container, and what they share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from devenv.model.environment import Environment, Resources
from devenv.model.secret import is_secret_name
from devenv.model.service import (
    Condition,
    Container,
    Dependency,
    ExecCheck,
    Port,
    PortRange,
    Probe,
    Restart,
    RestartPolicy,
    Service,
    Stop,
)
from devenv.profile import fields
from devenv.profile.compose.resolve import Resolved
from devenv.profile.references import escape
from devenv.profile.watching import watch_rules

Definition = Mapping[str, Any]
LOOPBACK = "127.0.0.1"
_DEPLOYED = {
    "none": RestartPolicy.NO,
    "on-failure": RestartPolicy.ON_FAILURE,
    "any": RestartPolicy.ALWAYS,
}


def environment_of(resolved: Resolved, root: str) -> Environment:
    """Make the environment of a Compose project."""
    services = {
        name: _service(name, definition, resolved)
        for name, definition in resolved.model["services"].items()
    }
    return Environment(resolved.name, root, services, resources_of(resolved))


def resources_of(resolved: Resolved) -> Resources:
    model = resolved.model
    return Resources(
        project=resolved.name,
        directory=resolved.directory,
        files=resolved.files,
        networks=model.get("networks") or {},
        volumes=model.get("volumes") or {},
        secrets=model.get("secrets") or {},
        configs=model.get("configs") or {},
        values=resolved.values,
        shares_network=(model.get("x-devenv") or {}).get("network") == "shared",
    )


def _service(name: str, definition: Definition, resolved: Resolved) -> Service:
    variables = definition.get("environment") or {}
    return Service(
        name=name,
        origin=resolved.origin("services", name),
        container=Container(_literal(definition)),
        ports=tuple(ports_of(definition)),
        depends_on=_dependencies(definition, resolved),
        probe=probe_of(definition),
        restart=restart_of(definition),
        stop=stop_of(definition),
        replicas=replicas_of(definition),
        automatic=name in resolved.active,
        labels=definition.get("labels") or {},
        secrets=frozenset(filter(is_secret_name, variables)),
        sync=watch_rules(definition),
    )


def _literal(value: Any) -> Any:
    """The same, where ``${{`` means itself: a Compose file has no references."""
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, dict):
        return {key: _literal(one) for key, one in value.items()}
    return [_literal(one) for one in value] if isinstance(value, list) else value


def ports_of(definition: Definition) -> Iterator[Port]:
    """The published ports. One without an address is open to this machine only."""
    seen: set[str] = set()
    for written in definition.get("ports") or ():
        target, protocol = int(written["target"]), written["protocol"]
        published = str(written.get("published") or "")
        name = str(written.get("name") or target)
        name += "" if protocol == "tcp" else f"/{protocol}"
        if name in seen:
            name = f"{name}-{published or len(seen)}"
        seen.add(name)
        host = written.get("host_ip") or LOOPBACK
        spoken = str(written.get("app_protocol") or "")
        wanted = _wanted(published)
        yield Port(name, wanted, host, protocol, target, movable=True, app_protocol=spoken)


def _wanted(published: str) -> int | PortRange | None:
    first, dash, last = published.partition("-")
    if not first or first == "0":
        return None
    return PortRange(int(first), int(last)) if dash else int(first)


def probe_of(definition: Definition) -> Probe | None:
    """The healthcheck, which we make too: the engine's first one comes after its interval."""
    written = definition.get("healthcheck") or {}
    test = written.get("test") or ["NONE"]
    if written.get("disable") or test[0] == "NONE":
        return None
    command = ("/bin/sh", "-c", *test[1:]) if test[0] == "CMD-SHELL" else tuple(test[1:])
    return Probe(
        ExecCheck(command),
        interval=_seconds(written.get("interval"), 30.0),
        timeout=_seconds(written.get("timeout"), 30.0),
        retries=int(written.get("retries") or 3),
        start_period=_seconds(written.get("start_period"), 0.0),
    )


def _seconds(written: str | None, otherwise: float) -> float:
    return fields.duration(written) if written else otherwise


def restart_of(definition: Definition) -> Restart:
    policy = (definition.get("deploy") or {}).get("restart_policy")
    if definition.get("restart"):
        return fields.restart(str(definition["restart"]))
    if policy:
        limit = policy.get("max_attempts")
        wanted = _DEPLOYED.get(policy.get("condition") or "any", RestartPolicy.ALWAYS)
        return Restart(wanted, Restart().limit if limit is None else int(limit))
    return Restart()


def stop_of(definition: Definition) -> Stop:
    grace = definition.get("stop_grace_period")
    signal = fields.stop_signal(str(definition.get("stop_signal") or "SIGTERM"))
    return Stop(signal, fields.duration(grace) if grace else Stop().grace)


def replicas_of(definition: Definition) -> int:
    scale, deployed = definition.get("scale"), (definition.get("deploy") or {}).get("replicas")
    found = deployed if scale is None else scale
    return 1 if found is None else int(found)


def _dependencies(definition: Definition, resolved: Resolved) -> tuple[Dependency, ...]:
    known = resolved.model["services"]
    return tuple(
        Dependency(
            name,
            Condition(written["condition"]),
            bool(written.get("required", True)),
            bool(written.get("restart")),
        )
        for name, written in (definition.get("depends_on") or {}).items()
        if name in known
    )
