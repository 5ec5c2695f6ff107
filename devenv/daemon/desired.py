"""From an intent to what the planner compares: addresses filled in, replicas made."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from json import dumps
from typing import Any

from devenv.daemon import store
from devenv.daemon.intent import Intent
from devenv.daemon.mounting import mounted
from devenv.errors import DevenvError
from devenv.model.environment import (
    Desired,
    Environment,
    EnvironmentId,
    Replica,
    ReplicaId,
    Resources,
    Wanted,
)
from devenv.model.fingerprint import fingerprint
from devenv.model.preview import Preview
from devenv.model.service import Port, Service
from devenv.planning.capabilities import CONTAINED, DOCKER
from devenv.planning.previewing import taken_along
from devenv.planning.wishes import ClaimKey
from devenv.profile.references import Given, resolve, resolve_body, shown_url
from devenv.runtimes.docker.address import address_of
from devenv.runtimes.kubernetes.names import host_name
from devenv.runtimes.kubernetes.objects.namespace import bounds
from devenv.runtimes.kubernetes.objects.security import RESTRICTED
from devenv.runtimes.kubernetes.objects.service import objects
from devenv.runtimes.protocol import Preparation

KEEPS_MEMORY = "process"
"""The runtime whose keeper holds, for the next daemon, what may not lie on a disk."""


@dataclass(frozen=True, slots=True)
class Home:
    """This user and machine: the key, our build, and where an environment's data lies."""

    key: bytes
    build: str
    data: Callable[[EnvironmentId, str], str]

    def secret(self, environment: EnvironmentId, service: str) -> str:
        """Derive the secret of a service: stable for the environment, kept nowhere."""
        text = f"{environment}\0{service}".encode()
        return hmac.new(self.key, text, hashlib.sha256).hexdigest()[:32]


def desired(intent: Intent, home: Home) -> Desired:
    """Make what the planner compares with what is observed."""
    environment = intent.environment
    given = _given(intent, home)
    make = _of_preview if intent.preview else _replicas
    services = {
        service.name: _wanted(intent, service, make(intent, service, given, home.key), given)
        for service in environment.services.values()
    }
    runtimes = {wanted.runtime for wanted in services.values() if wanted.replicas}
    if runtimes:
        runtimes.add(KEEPS_MEMORY)
    prepared = _fingerprint(intent, home)
    return Desired(intent.checkout.id, services, dict.fromkeys(runtimes, prepared))


def preparation(intent: Intent, home: Home) -> Preparation:
    """Make what a runtime is told before it starts anything."""
    shared = _shared_ports(intent, home)
    names = {replica.service for replica in shared}
    return Preparation(
        _fingerprint(intent, home),
        intent.client,
        store.memory(intent, home.build),
        intent.environment.log_quota,
        applied_resources(intent, home),
        builds(intent.environment),
        intent.images,
        shared,
        tuple(sorted(filter(None, (written_name(intent.environment.services[n]) for n in names)))),
        intent.preview,
        intent.replacing,
        intent.digests,
    )


def resources_of(intent: Intent) -> Resources:
    """What services share; a preview takes the contents of files and variables along."""
    resources = intent.environment.resources
    return taken_along(resources, intent.contents) if intent.preview else resources


def applied_resources(intent: Intent, home: Home) -> Resources:
    """The same as they are applied in a preview: what manifests refer to is replaced."""
    resources, environment = resources_of(intent), intent.environment
    if not intent.preview:
        return resources
    given = replace(_given(intent, home), contained=frozenset(environment.services))
    manifests = tuple(
        replace(one, body=resolve_body(environment, one.body, given)) for one in resources.manifests
    )
    return replace(resources, manifests=manifests)


def _shared_ports(intent: Intent, home: Home) -> Mapping[ReplicaId, tuple[Port, ...]]:
    """The ports of the containers that share a network; empty where they have one each."""
    environment = intent.environment
    if intent.preview or not environment.resources.shares_network:
        return {}
    contained = _given(intent, home).contained & environment.services.keys()
    services = [environment.services[name] for name in sorted(contained)]
    return {
        ReplicaId(one.name, index): resolved(intent, home, one, index).ports
        for one in services
        for index in range(max(1, count(intent, one)))
    }


def builds(environment: Environment) -> Mapping[str, Mapping[str, Any]]:
    """The definitions of the services whose images are built."""
    found = {name: service.container for name, service in environment.services.items()}
    return {
        name: container.definition
        for name, container in found.items()
        if container is not None and container.definition.get("build")
    }


def _fingerprint(intent: Intent, home: Home) -> str:
    """Differs when the client's circumstances do, or a byte of the profile."""
    client = [intent.client.directory, intent.client.umask]
    ports = [str(one) for one in _shared_ports(intent, home).items()]
    images = sorted(intent.images.values())
    manifests = [one.body for one in applied_resources(intent, home).manifests]
    level = [intent.preview.cluster.pod_security] if intent.preview else []
    files = [store.files_of(intent), store.secrets_of(intent)]
    digests = sorted(intent.digests.items())
    told = [client, *files, *ports, *images, *manifests, *level, *digests]
    text = dumps(told, sort_keys=True)
    return hmac.new(home.key, text.encode(), hashlib.sha256).hexdigest()[:16]


def pictured(intent: Intent, service: Service) -> Service:
    """The service with the image that its cluster has: one that is built for it, or pinned."""
    built = intent.images.get(service.name)
    if built is not None and intent.preview is not None:
        return service.from_image(built, "never" if intent.preview.cluster.loads else None)
    image = str(service.definition.get("image"))
    digest = intent.digests.get(image)
    return service.named(f"{image}@{digest}") if digest else service


def written_name(service: Service) -> str:
    """The name that a service's container is to have in the engine; "": any."""
    definition = service.definition
    return str(definition.get("container_name") or "")


def count(intent: Intent, service: Service) -> int:
    """Tell how many replicas of a service should run."""
    if service.name not in intent.wishes.wanted:
        return 0
    return intent.wishes.replicas.get(service.name, service.replicas)


def resolved(intent: Intent, home: Home, service: Service, index: int = 0) -> Service:
    """Fill in every reference of one replica, and the numbers of its ports."""
    return _resolved(intent, service, index, _given(intent, home))


def _given(intent: Intent, home: Home) -> Given:
    identity = intent.checkout.id
    named, own = identity, home
    if intent.preview is not None:  # the same on every machine
        named = EnvironmentId(intent.preview.name)
        own = replace(home, key=intent.preview.key)
    return Given(
        ports=intent.wishes.claims,
        secret=lambda service: own.secret(named, service),
        data=lambda service: home.data(identity, service),
        contained=frozenset(
            name for name, choice in intent.wishes.runtimes.items() if choice.runtime in CONTAINED
        ),
    )


def _replicas(intent: Intent, service: Service, given: Given, key: bytes) -> tuple[Replica, ...]:
    return tuple(
        _replica(intent, service, index, given, key) for index in range(count(intent, service))
    )


def _of_preview(intent: Intent, service: Service, given: Given, key: bytes) -> tuple[Replica, ...]:
    """One, however many pods it has; its fingerprint is of all that would be applied for it."""
    number = count(intent, service)
    if not number or intent.preview is None:
        return ()
    made = placed(replace(_resolved(intent, service, 0, given), replicas=number), intent.preview)
    applied = [objects(intent.preview.name, made), _mounted(intent, made)]
    text = dumps(applied, sort_keys=True).encode()
    own = hmac.new(intent.preview.key or key, text, hashlib.sha256).hexdigest()[:16]
    return (Replica(made, 0, own, intent.wishes.generations.get(service.name, 0)),)


def placed(service: Service, preview: Preview) -> Service:
    """The service as its cluster has it: with its public host name, and by its Pod Security."""
    part = service.preview.host
    host = host_name(preview, part) if part and preview.cluster.domain else ""
    restricted = bounds(preview).enforced == RESTRICTED
    return replace(service, preview=replace(service.preview, host=host, restricted=restricted))


def _mounted(intent: Intent, service: Service) -> dict[str, Any]:
    """The configs and secrets that a service mounts: other content means other pods."""
    shared = resources_of(intent)
    definition = service.definition
    names = {one["source"] for key in ("configs", "secrets") for one in definition.get(key) or ()}
    both = {**shared.configs, **shared.secrets}
    return {name: both.get(name, {}).get("content") for name in sorted(names)}


def _wanted(
    intent: Intent, service: Service, replicas: tuple[Replica, ...], given: Given
) -> Wanted:
    choice = intent.wishes.runtimes.get(service.name)
    shown = replicas[0].service if replicas else _leaving(intent, service, given)
    if choice is None:
        return Wanted(shown, "", replicas)
    moved = intent.wishes.moved.get(service.name, ())
    return Wanted(shown, choice.runtime, replicas, choice.reason, moved)


def _leaving(intent: Intent, service: Service, given: Given) -> Service:
    """A service that is to stop: what it runs before that is resolved as far as it can be."""
    if service.container is None or not service.container.definition.get("pre_stop"):
        return service
    try:
        return _resolved(intent, service, 0, given)
    except DevenvError:  # a port that it refers to has no number any more
        return service


def _replica(intent: Intent, service: Service, index: int, given: Given, key: bytes) -> Replica:
    made = _resolved(intent, service, index, given)
    generation = intent.wishes.generations.get(service.name, 0)
    paused = service.name in intent.wishes.paused
    choice = intent.wishes.runtimes.get(service.name)
    side = _side(made, choice.runtime if choice else "")
    return Replica(made, index, fingerprint(side, key), generation, paused)


def _side(service: Service, runtime: str) -> Service:
    """The service as it is in one runtime: a change of its other side means no other unit."""
    if runtime == KEEPS_MEMORY:
        return replace(service, container=None)
    return replace(service, process=None) if runtime == DOCKER else service


def _resolved(intent: Intent, service: Service, index: int, given: Given) -> Service:
    made = resolve(intent.environment, pictured(intent, service), index, given)
    url = shown_url(intent.environment, service, index, given)
    ports = _numbered(made, index, given.ports)
    name = intent.wishes.names.get(service.name, "")
    container = replace(made.container, name=name) if made.container else None
    whole = replace(made, ports=ports, url=url, container=container)
    return mounted(whole) if _may_mount(intent, service) else whole


def _may_mount(intent: Intent, service: Service) -> bool:
    """Whether a rule of sync leaves the choice, and its engine sees this machine's files."""
    choice = intent.wishes.runtimes.get(service.name)
    if choice is None or choice.runtime != DOCKER or not any(r.may_mount for r in service.sync):
        return False
    try:
        return address_of(intent.client.environment).is_native
    except DevenvError:  # there is no such engine
        return False


def _numbered(service: Service, index: int, claims: Mapping[ClaimKey, int]) -> tuple[Port, ...]:
    return tuple(
        replace(port, wanted=claims.get((service.name, index, port.name), port.wanted))
        for port in service.ports
    )
