"""All objects of one service: its workload, the names it is reached by, its secret variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from devenv.errors import DevenvError
from devenv.model.origin import Problem
from devenv.model.service import Kind, Service
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.objects.keys import refusals, remedy
from devenv.runtimes.kubernetes.objects.pod import is_secret, pod, secret_name
from devenv.runtimes.kubernetes.objects.probes import container_port
from devenv.runtimes.kubernetes.objects.storage import has_data
from devenv.runtimes.kubernetes.objects.supervisor import is_supervised

Object = dict[str, Any]
WORKLOADS = ("Deployment", "StatefulSet", "Job")
_UNLIMITED = 6
"""How often a cluster tries a Job again where the profile gives no limit; its own default."""


def objects(preview: str, service: Service, index: int = 0) -> list[Object]:
    """Render a service, all references in it replaced; the workload comes last.

    DevenvError: the first thing that a cluster cannot do.
    """
    return [
        *_secret(preview, service),
        *_services(preview, service),
        *_ingress(preview, service),
        _workload(preview, service, index),
    ]


def problems(preview: str, service: Service) -> list[Problem]:
    """All that keeps a service from being rendered."""
    if service.container is None:
        return [_problem(service, "it is a host process only", "add `image`")]
    definition = service.container.definition
    found = [_problem(service, f"`{key}`: {why}", remedy(key)) for key, why in refusals(definition)]
    unfit = [one for one in _names(service) if not names.is_host_name(one)]
    found += [
        _problem(service, f"{one!r} cannot be a name in a cluster", "a-z, 0-9 and -, 52 at most")
        for one in unfit
    ]
    return [*found, *_tried(service, lambda: objects(preview, service))]


def clashes(services: Sequence[Service]) -> Iterator[Problem]:
    """Each name that two services would have: a name in a cluster leads to one of them."""
    owners = {one.name: one.name for one in services}
    for service in services:
        for name in _names(service):
            owner = owners.setdefault(name, service.name)
            if owner != service.name:
                said = f"it cannot be called {name!r}: that leads to {owner}"
                yield _problem(service, said, "take another alias")


def workload_kind(service: Service) -> str:
    if service.kind is Kind.TASK:
        return "Job"
    return "StatefulSet" if has_data(service) else "Deployment"


def _tried(service: Service, make: Callable[[], object]) -> Iterator[Problem]:
    try:
        make()
    except DevenvError as error:
        yield _problem(service, error.message, error.hint)


def _problem(service: Service, message: str, hint: str) -> Problem:
    return Problem(f"{service.name}: in a preview, {message}", service.origin, hint)


def _metadata(preview: str, service: Service, name: str, index: int = 0) -> Object:
    return {"name": name, "labels": names.labels(preview, service.name, index)}


def _secret(preview: str, service: Service) -> Iterator[Object]:
    written = service.container.definition.get("environment") if service.container else None
    held = {
        name: str(value)
        for name, value in (written or {}).items()
        if value is not None and is_secret(service, name, str(value))
    }
    if held:
        yield {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": _metadata(preview, service, secret_name(service.name)),
            "stringData": held,
        }


def _names(service: Service) -> list[str]:
    """What others in the namespace call it: its name, and its aliases in any network."""
    networks = (service.container.definition.get("networks") if service.container else None) or {}
    aliases = [alias for one in networks.values() for alias in (one or {}).get("aliases") or ()]
    return list(dict.fromkeys([service.name, *aliases]))


def _services(preview: str, service: Service) -> Iterator[Object]:
    """Compose lets others reach every port; so does a name without ports, a pod's own address."""
    ports = _ports(service)
    for name in _names(service):
        spec: Object = {"selector": {names.SERVICE: service.name}}
        spec |= {"ports": ports} if ports else {"clusterIP": "None"}
        yield {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": _metadata(preview, service, name),
            "spec": spec,
        }


def _ingress(preview: str, service: Service) -> Iterator[Object]:
    """Without a Secret of its own: its controller has a certificate for the whole domain."""
    host, ports = service.preview.host, _ports(service)
    if not host or not ports:
        return
    number = container_port(service.ports[0])
    backend = {"service": {"name": service.name, "port": {"number": number}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    yield {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": _metadata(preview, service, service.name),
        "spec": {"rules": [{"host": host, "http": {"paths": [path]}}], "tls": [{"hosts": [host]}]},
    }


def _ports(service: Service) -> list[Object]:
    exposed = (service.container.definition.get("expose") if service.container else None) or ()
    numbers = {(container_port(port), port.protocol) for port in service.ports}
    numbers |= {port for one in exposed for port in _exposed(str(one))}
    return [
        {"name": f"{protocol}-{number}", "port": number, "protocol": protocol.upper()}
        for number, protocol in sorted(numbers)
    ]


def _exposed(written: str) -> Iterator[tuple[int, str]]:
    """Each port of an entry of ``expose``: a number or a range, with a protocol or without."""
    numbers, _, protocol = written.partition("/")
    first, _, last = numbers.partition("-")
    if not (first.isdecimal() and (last or first).isdecimal()):
        raise DevenvError(f"`expose: {written}` is no port", "a number, or a range like 4000-4005")
    for number in range(int(first), int(last or first) + 1):
        yield number, protocol or "tcp"


def _workload(preview: str, service: Service, index: int) -> Object:
    kind = workload_kind(service)
    labels = names.labels(preview, service.name, index)
    marks = {names.SUPERVISED: "true"} if kind != "Job" and is_supervised(service) else {}
    template = {
        "metadata": {"labels": labels, **({"annotations": marks} if marks else {})},
        "spec": pod(service, ends=kind == "Job"),
    }
    metadata = _metadata(preview, service, names.workload_name(service.name, index), index)
    if service.preview.host:
        metadata["annotations"] = {names.HOST: service.preview.host}
    made: Object = {
        "apiVersion": "batch/v1" if kind == "Job" else "apps/v1",
        "kind": kind,
        "metadata": metadata,
    }
    if kind == "Job":
        return {**made, "spec": {"template": template, "backoffLimit": _tries(service)}}
    selector = {names.SERVICE: service.name, names.INDEX: str(index)}
    spec: Object = {
        "replicas": service.replicas,
        "selector": {"matchLabels": selector},
        "template": template,
    }
    if kind == "StatefulSet":
        spec["serviceName"] = service.name
    return {**made, "spec": spec}


def _tries(service: Service) -> int:
    """How often a Job is tried again, by Compose's own keys: the model's policy is for a daemon."""
    definition = service.definition
    policy, _, limit = str(definition.get("restart") or "").partition(":")
    if policy == "on-failure":
        return int(limit or _UNLIMITED)
    deployed = (definition.get("deploy") or {}).get("restart_policy") or {}
    if not policy and deployed.get("condition") == "on-failure":
        return int(deployed.get("max_attempts") or _UNLIMITED)
    return 0
