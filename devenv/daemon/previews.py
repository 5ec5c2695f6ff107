"""The previews of a cluster as documents, from what its watches say: our own, and everybody's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from devenv.model.unit import Health, Unit

if TYPE_CHECKING:  # loaded when the first cluster is asked
    from devenv.runtimes.kubernetes.cache import Cache
    from devenv.runtimes.kubernetes.server import Server

Document = dict[str, Any]
Urls = Mapping[str, str]
KEPT = "its data is kept: `devenv preview up` goes on with it, `devenv preview down` removes it"


@dataclass(frozen=True, slots=True)
class Within:
    """What is in the namespace of a preview.

    ``told`` is all that its document says but for addresses here and times, which are the
    cluster's in ``times``: seconds since the epoch. ``hosts`` are public addresses of services.
    """

    told: Document
    times: Mapping[str, float | None]
    hosts: Urls


def documents(server: Server, urls: Mapping[str, Urls]) -> list[Document]:
    """All previews of a cluster; ``urls`` are the addresses of those that are ours, by name."""
    from devenv.runtimes.kubernetes import names
    from devenv.runtimes.kubernetes.cache import label
    from devenv.runtimes.kubernetes.homes import namespace_of

    found = sorted((namespace_of(one), label(one, names.PREVIEW)) for one in server.homes)
    return [_document(server, namespace, urls.get(name, {})) for namespace, name in found]


def _document(server: Server, namespace: str, urls: Urls) -> Document:
    """One of them, as ``preview list --json`` prints it."""
    within, ahead = server.cache.gathered(namespace, _within), server.connection.clock.ahead
    times = {key: at and at - ahead for key, at in within.times.items()}
    cluster = server.connection.cluster.name
    return {**within.told, **times, "cluster": cluster, "urls": {**within.hosts, **urls}}


def _within(cache: Cache, namespace: str) -> Within:
    from devenv.runtimes.kubernetes import names
    from devenv.runtimes.kubernetes.cache import annotation, is_leaving, label
    from devenv.runtimes.kubernetes.homes import home_in, request_of
    from devenv.runtimes.kubernetes.moments import moment
    from devenv.runtimes.kubernetes.namespaces import why_it_stays

    made = home_in(cache, namespace)
    services = tuple(_service(unit) for unit in _units(cache, namespace))
    state, reason = _state(services), ""
    if is_leaving(made):
        state, reason = "deleting", why_it_stays(made)
    elif not services and annotation(made, names.KEPT):
        state, reason = "down", KEPT
    told = {
        "name": label(made, names.PREVIEW),
        "branch": annotation(made, names.BRANCH),
        "repository": annotation(made, names.SOURCE),
        "pull_request": request_of(made) or None,
        "namespace": namespace,
        "state": state,
        "reason": reason,
        "owner": annotation(made, names.OWNER),
        "services": services,
    }
    times = {
        "created_at": moment(made["metadata"].get("creationTimestamp", "")),
        "last_used_at": moment(annotation(made, names.USED)),
        "expires_at": moment(annotation(made, names.EXPIRES)),
    }
    return Within(told, times, _hosts(cache, namespace))


def _hosts(cache: Cache, namespace: str) -> Urls:
    """Their workloads tell."""
    from devenv.runtimes.kubernetes import names
    from devenv.runtimes.kubernetes.cache import annotation, label

    workloads = [made for _, made in cache.workloads(namespace)]
    hosts = {label(one, names.SERVICE): annotation(one, names.HOST) for one in workloads}
    return {service: f"https://{host}/" for service, host in sorted(hosts.items()) if host}


def _units(cache: Cache, namespace: str) -> list[Unit]:
    """Their times are the cluster's, since the epoch: when we were booted does not matter here."""
    from devenv.runtimes.kubernetes.cache import is_leaving
    from devenv.runtimes.kubernetes.resources import POD
    from devenv.runtimes.kubernetes.rows import Workload, matching, unit_of

    pods = tuple(cache.all(POD, namespace))
    workloads = [
        Workload(made, (), 0.0) for _, made in cache.workloads(namespace) if not is_leaving(made)
    ]
    units = [
        unit_of(Workload(one.made, matching(pods, one.id), 0.0, cache.refusal(one.made)))
        for one in workloads
    ]
    return sorted(units, key=lambda unit: unit.id)


def _state(services: tuple[Document, ...]) -> str:
    states = {one["state"] for one in services}
    if "failed" in states:
        return "failed"
    if not states:
        return "creating"
    return "ready" if states <= {"ready", "done", "stopped"} else "waiting"


def _service(unit: Unit) -> Document:
    return {"name": str(unit.id), "state": _unit_state(unit), "reason": unit.detail}


def _unit_state(unit: Unit) -> str:
    if unit.exit is not None:
        if unit.exit.requested:
            return "stopped"
        return "failed" if unit.exit.code else "done"
    match unit.health:
        case Health.PASSING:
            return "ready"
        case Health.UNHEALTHY:
            return "failed"
        case _:
            return "running"
