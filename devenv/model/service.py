"""What a profile declares: services, tasks, and all that is said about one.

Strings may still hold ``${{ … }}`` references; ``profile.references`` replaces them once the
addresses are known. Durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from devenv.model.origin import Origin
from devenv.model.sync import SyncRule


class Condition(StrEnum):
    """What a dependant waits for; the names are Compose's."""

    STARTED = "service_started"
    HEALTHY = "service_healthy"
    COMPLETED = "service_completed_successfully"


@dataclass(frozen=True, slots=True)
class Dependency:
    service: str
    condition: Condition = Condition.STARTED
    required: bool = True
    restart: bool = False


@dataclass(frozen=True, slots=True)
class PortRange:
    """Any free port from ``first`` to ``last``, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Port:
    """A named port of this machine.

    ``wanted``: a fixed number, a range to choose from, or None for any (auto). ``target`` is the
    port within a container (0: the same number). ``movable``: where another environment has its
    number already, it gets another one. ``app_protocol``: what is spoken on it, where that is
    written.
    """

    name: str
    wanted: int | PortRange | None = None
    host: str = "127.0.0.1"
    protocol: str = "tcp"
    target: int = 0
    movable: bool = False
    app_protocol: str = ""


@dataclass(frozen=True, slots=True)
class HttpCheck:
    """Passes on an HTTP answer whose status is in ``statuses`` (empty: 200 to 399)."""

    path: str = "/"
    port: str = ""
    host: str = "127.0.0.1"
    statuses: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TcpCheck:
    port: str = ""
    host: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class LogCheck:
    """Passes once a line of the unit's log since its start matches the regular expression."""

    pattern: str


@dataclass(frozen=True, slots=True)
class ExecCheck:
    """Passes when the command ends with 0; runs with the service's environment and folder."""

    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileCheck:
    path: str


Check = HttpCheck | TcpCheck | LogCheck | ExecCheck | FileCheck


@dataclass(frozen=True, slots=True)
class Probe:
    """A readiness check and its timing; the numbers mean what they mean in Compose."""

    check: Check
    interval: float = 30.0
    timeout: float = 30.0
    retries: int = 3
    start_period: float = 0.0


class RestartPolicy(StrEnum):
    NO = "no"
    ALWAYS = "always"
    ON_FAILURE = "on-failure"
    UNLESS_STOPPED = "unless-stopped"


@dataclass(frozen=True, slots=True)
class Restart:
    """When a unit that ended is started again; ``limit``: failures in a row before giving up."""

    policy: RestartPolicy = RestartPolicy.NO
    limit: int = 10


@dataclass(frozen=True, slots=True)
class Stop:
    signal: str = "SIGTERM"
    grace: float = 10.0


@dataclass(frozen=True, slots=True)
class Process:
    """How a service runs as a host process. ``environment`` holds the profile's own values only.

    ``probe`` is its own one, where a container's would not do.
    """

    command: tuple[str, ...]
    directory: str
    environment: Mapping[str, str] = field(default_factory=dict)
    tty: bool = False
    stdin: bool = False
    probe: Probe | None = None


@dataclass(frozen=True, slots=True)
class Container:
    """How a service is a container.

    ``definition`` is the service as Compose resolves it: plain values, in the form that
    ``docker compose config --format json`` prints. ``name``: what the engine calls it; "": made up.
    """

    definition: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""


MOST_REPLICAS = 1000
"""Of one service: more is a slip of the pen, and every one of them costs."""
_OF_NO_REGISTRY = frozenset({"never", "build"})
"""Pull policies of images that no registry need have."""


class Kind(StrEnum):
    SERVICE = "service"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class InPreview:
    """What differs in a branch preview.

    ``host``: the service's part of a public host name, once its preview is known all of it; "":
    it has none. ``resources``: limits and reservations, as Compose's ``deploy.resources``; what
    they say of is as they say, whatever its container's definition does. ``restricted``: once its
    preview is known, whether its namespace lets in only what gives up all that most can do without.
    """

    host: str = ""
    replicas: int | None = None
    resources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """A service, or a task (``kind``): something that runs to its end.

    ``url`` is the template of its address for others. ``secrets`` names the environment
    variables whose values are never shown. ``automatic`` is False for a task that runs only when
    asked for or depended on, and for a service outside the active Compose profiles.
    """

    name: str
    origin: Origin
    kind: Kind = Kind.SERVICE
    process: Process | None = None
    container: Container | None = None
    runtime: str = ""
    ports: tuple[Port, ...] = ()
    url: str = ""
    depends_on: tuple[Dependency, ...] = ()
    probe: Probe | None = None
    restart: Restart = Restart()
    stop: Stop = Stop()
    replicas: int = 1
    success_exit_codes: frozenset[int] = frozenset({0})
    automatic: bool = True
    labels: Mapping[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    sync: tuple[SyncRule, ...] = ()
    log_quota: int = 256 * 1024 * 1024
    preview: InPreview = InPreview()

    @property
    def definition(self) -> Mapping[str, Any]:
        """Its container's; empty where it cannot be one."""
        return self.container.definition if self.container else {}

    @property
    def bases(self) -> tuple[str, ...]:
        """The services whose images its own is built on."""
        return bases_of(self.definition.get("build") or {})

    @property
    def tagged(self) -> str:
        """The image that it names by a tag of a registry; "": it has none like this."""
        image = str(self.definition.get("image") or "")
        is_local = self.definition.get("pull_policy") in _OF_NO_REGISTRY
        return "" if is_local or "@" in image else image

    def from_image(self, image: str, pull_policy: str | None = None) -> Service:
        """The same service with this image, whatever its definition says of pulling another."""
        if self.container is None:
            return self
        kept = {key: value for key, value in self.definition.items() if key != "pull_policy"}
        own = {"pull_policy": pull_policy} if pull_policy else {}
        made = replace(self.container, definition={**kept, **own, "image": image})
        return replace(self, container=made)

    def named(self, image: str) -> Service:
        """The same service with another name of the image that it has."""
        return self.from_image(image, self.definition.get("pull_policy"))

    def running(self, entrypoint: Sequence[str], command: Sequence[str]) -> Service:
        """The same service with the words of its image written out, where it has none of its own.

        Where an image has no entrypoint, its command is all that runs.
        """
        if self.container is None or self.definition.get("entrypoint"):
            return self
        own = self.definition.get("command")
        words = [*entrypoint, *(command if own is None else own)]
        named = {**self.definition, "entrypoint": words, "command": None}
        return replace(self, container=replace(self.container, definition=named))


OF_A_SERVICE = "service:"


def bases_of(build: Mapping[str, Any]) -> tuple[str, ...]:
    """The services whose images a build is made on."""
    written = map(str, (build.get("additional_contexts") or {}).values())
    return tuple(one.removeprefix(OF_A_SERVICE) for one in written if one.startswith(OF_A_SERVICE))
