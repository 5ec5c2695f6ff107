"""What should be: the environment that a profile describes, and what the user wants of it now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NewType

from devenv.model.origin import Origin
from devenv.model.service import Service

EnvironmentId = NewType("EnvironmentId", str)


@dataclass(frozen=True, slots=True)
class Template:
    """A text that refers to services: the keys that lead to it, and where it is written."""

    text: str
    path: tuple[str | int, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Manifest:
    """An object of a cluster as the repository has it, all variables replaced.

    ``templates`` are the texts in it that refer to services.
    """

    body: Mapping[str, Any]
    origin: Origin
    templates: tuple[Template, ...] = ()


@dataclass(frozen=True, slots=True)
class Resources:
    """What containers of an environment share, by key, as Compose resolves it.

    ``project`` is Compose's name of it, ``directory`` and ``files`` where it was read from;
    ``values`` are the variables that secrets and configs are made of. ``shares_network``: all
    containers are in one network of one container, and find each other on loopback.
    ``manifests`` are what a preview has beside its services.
    """

    project: str = ""
    directory: str = ""
    files: tuple[str, ...] = ()
    networks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    volumes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    secrets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    configs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    shares_network: bool = False
    manifests: tuple[Manifest, ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """A parsed profile, of one checkout. ``services`` holds tasks too, in the file's order.

    Of a branch preview: how many seconds it lives (None: nothing is said), and the task that runs
    when it is made ("": none).
    """

    name: str
    root: str
    services: Mapping[str, Service] = field(default_factory=dict)
    resources: Resources = field(default_factory=Resources)
    log_quota: int = 2 * 1024 * 1024 * 1024
    lifetime: float | None = None
    seed: str = ""


@dataclass(frozen=True, slots=True, order=True)
class ReplicaId:
    """The one key by which a unit is addressed."""

    service: str
    index: int = 0

    def __str__(self) -> str:
        return f"{self.service}[{self.index}]" if self.index else self.service


@dataclass(frozen=True, slots=True)
class Replica:
    """One copy of a service, all references in it replaced: what a runtime is told to start."""

    service: Service
    index: int
    fingerprint: str
    generation: int = 0
    paused: bool = False

    @property
    def id(self) -> ReplicaId:
        return ReplicaId(self.service.name, self.index)


@dataclass(frozen=True, slots=True)
class Moved:
    """What a service has in place of a port or name that is written for it, and why.

    ``what``: "port" or "container_name".
    """

    what: str
    written: str
    given: str
    reason: str

    def __str__(self) -> str:
        return f"{self.what} {self.written} is {self.given} here: {self.reason}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One service as it should be now; no replicas: it should not run.

    ``because`` says why it is this runtime.
    """

    service: Service
    runtime: str
    replicas: tuple[Replica, ...] = ()
    because: str = ""
    moved: tuple[Moved, ...] = ()


@dataclass(frozen=True, slots=True)
class Desired:
    """The owner of everything that runs for an environment: a unit that it does not want is stray.

    ``preparation`` is the fingerprint of what each runtime must have prepared before it starts
    anything (by runtime name; none: nothing to prepare).
    """

    environment: EnvironmentId
    services: Mapping[str, Wanted] = field(default_factory=dict)
    preparation: Mapping[str, str] = field(default_factory=dict)
