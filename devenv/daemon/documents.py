"""The JSON that the API answers with, made from what a round published."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from devenv.daemon.board import Published
from devenv.daemon.intent import Intent
from devenv.model.secret import mask_addresses
from devenv.model.service import Dependency, Kind, Probe
from devenv.model.snapshot import PortView, ReplicaView, ServiceView, Snapshot
from devenv.model.state import State
from devenv.model.unit import Health
from devenv.planning.probing import Probing
from devenv.planning.requests import Request
from devenv.profile.checkout import Checkout
from devenv.profile.shown import Value

Document = dict[str, Any]
VERSION = 1


def status(
    published: Published, checkout: Checkout, tail: Callable[[str, int], list[str]]
) -> Document:
    """Make the document of ``status --json``; ``tail`` gives the last log lines of a replica."""
    intent = published.intent
    return {
        "version": VERSION,
        "environment": {
            "id": checkout.id,
            "name": _name(intent, checkout),
            "path": checkout.root,
            "branch": checkout.branch,
            "kind": checkout.kind,
        },
        "services": [_service(view, tail) for view in published.snapshot.services],
        "problems": [],
        "changes": [],
        "notice": intent.notice,
        "revision": published.revision,
        "settled": published.settled,
        "empty": published.gone,
        "leaving": bool(intent.leaving),
    }


def _name(intent: Intent, checkout: Checkout) -> str:
    """A preview has a name of its own: that of its namespace."""
    return (intent.environment.name if intent.preview is None else "") or checkout.name


def value(told: Value) -> Document:
    """One value of a service, and where it was said."""
    return {"key": told.key, "text": told.text, "origin": str(told.origin or "")}


def probe(told: Probe, probing: Probing | None) -> Document:
    """A readiness check, and what it said last."""
    kind = type(told.check).__name__.removesuffix("Check").lower()
    return {
        "check": kind,
        "interval": told.interval,
        "timeout": told.timeout,
        "retries": told.retries,
        "start_period": told.start_period,
        "health": (probing.health if probing else Health.UNKNOWN).value,
        "detail": probing.detail if probing else "",
        "tried_at": _wall(probing.tried) if probing else None,
        "failures": probing.failures if probing else 0,
    }


def dependency(service: str, told: Dependency, view: Snapshot) -> Document:
    """One link of the graph; ``service`` is its other end."""
    states = {one.name: one.state.value for one in view.services}
    return {
        "service": service,
        "condition": told.condition.value,
        "required": told.required,
        "state": states.get(service, State.STOPPED.value),
    }


def requests(asked: Sequence[Request]) -> list[Document]:
    """What containers ask for beyond their own walls."""
    return [{"service": one.service, "text": one.text} for one in asked]


def events(numbered: Sequence[tuple[int, Any]]) -> Document:
    return {
        "events": [
            {"at": e.at, "service": e.service, "kind": e.kind, "text": e.text, "number": number}
            for number, e in numbered
        ]
    }


def summary(published: Published) -> Document:
    """One environment as ``devenv list`` shows it."""
    checkout = published.intent.checkout
    services = [view for view in published.snapshot.services if view.kind == Kind.SERVICE]
    states = [view.state for view in published.snapshot.services]
    running = sum(one.state in {State.RUNNING, State.READY} for one in services)
    return {
        "id": checkout.id,
        "name": published.intent.environment.name or checkout.name,
        "path": checkout.root,
        "branch": checkout.branch,
        "state": _whole(published, states),
        "services": len(services),
        "running": running,
    }


def samples(sampled: Mapping[Any, Any]) -> Document:
    """CPU seconds, bytes of memory and listening ports of each replica, by service."""
    found: dict[str, list[Document]] = {}
    for replica, sample in sorted(sampled.items()):
        found.setdefault(replica.service, []).append(
            {
                "index": replica.index,
                "cpu_seconds": sample.cpu_seconds,
                "memory_bytes": sample.memory_bytes,
                "ports": list(sample.ports),
            }
        )
    return {"samples": found}


def _whole(published: Published, states: Sequence[State]) -> str:
    if published.gone and not published.intent.is_up:
        return "down"
    if State.FAILED in states:
        return "failed"
    return "ready" if published.settled else "changing"


def _service(view: ServiceView, tail: Callable[[str, int], list[str]]) -> Document:
    first = view.replicas[0] if view.replicas else ReplicaView(0, view.state)
    failed = next((r for r in view.replicas if r.state is State.FAILED), None)
    return {
        "name": view.name,
        "kind": view.kind,
        **_replica(first),
        "state": view.state.value,
        "runtime": view.runtime,
        "reason": view.reason,
        "waits_for": list(view.waits_for),
        "ports": [_port(port) for port in view.ports],
        "moved": [asdict(one) for one in view.moved],
        "builds": view.builds,
        "attaches": view.attaches,
        "cpu_percent": None,
        "memory_bytes": None,
        "replicas": [_with_ports(replica) for replica in view.replicas],
        "log_tail": tail(view.name, failed.index) if failed else [],
    }


def _replica(view: ReplicaView) -> Document:
    return {
        "index": view.index,
        "state": view.state.value,
        "reason": view.reason,
        "health": view.health,
        "pid": view.pid,
        "exit_code": view.exit_code,
        "restarts": view.restarts,
        "started_at": _wall(view.started),
    }


def _with_ports(view: ReplicaView) -> Document:
    return {**_replica(view), "ports": [_port(port) for port in view.ports]}


def _port(view: PortView) -> Document:
    return {"name": view.name, "port": view.port, "url": mask_addresses(view.url)}


def _wall(boottime: float | None) -> float | None:
    """Seconds since the epoch, for one of CLOCK_BOOTTIME."""
    if boottime is None:
        return None
    return round(time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + boottime, 3)
