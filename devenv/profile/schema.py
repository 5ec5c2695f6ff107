"""The profile's schema: the one definition that checks it and that editors get as JSON Schema.

Small languages inside values are parsed right here, so that each mistake has its place.
``python -m devenv.profile.schema`` prints the JSON Schema.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag, WithJsonSchema, model_validator

from devenv.model.service import Condition, HttpCheck, Port, Restart, TcpCheck
from devenv.profile import checks, fields, ports
from devenv.profile.schema_container import ContainerKeys
from devenv.profile.schema_preview import Preview, ServicePreview
from devenv.profile.schema_sync import Sync
from devenv.profile.schema_types import (
    BY_SHAPE,
    NAME,
    TEXT_SCHEMA,
    Count,
    Duration,
    Flag,
    Pairs,
    Size,
    Strict,
    Text,
    Texts,
    Whole,
    Words,
    parsed_by,
    refusal,
    shape,
)

ServiceName = Annotated[str, StringConstraints(pattern=NAME, max_length=63)]
ComposeProfile = Annotated[Text, StringConstraints(pattern=NAME)]


def _port_shape(value: Any) -> str:
    is_named = isinstance(value, dict) and not ports.LONG_KEYS & value.keys()
    return "=named" if is_named else shape(value)


class PortTable(Strict):
    """Compose's long form; ``name`` or ``target`` must be there."""

    name: Text = ""
    target: Text = ""
    published: Text = ""
    host_ip: Text = ""
    protocol: Literal["tcp", "udp"] = "tcp"
    app_protocol: Text = ""
    mode: Any = None


PortText = Annotated[tuple[Port, ...], parsed_by(ports.short), TEXT_SCHEMA]
NamedPorts = Annotated[
    dict[ServiceName, Text],
    WithJsonSchema(
        {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": NAME, "not": {"enum": sorted(ports.LONG_KEYS)}},
            "additionalProperties": {"type": ["string", "integer"]},
        }
    ),
]
PortEntry = Annotated[
    Annotated[PortText, Tag("=string")]
    | Annotated[PortTable, Tag("=map")]
    | Annotated[NamedPorts, Tag("=named")],
    Discriminator(_port_shape),
]
Ports = Annotated[
    Annotated[tuple[PortEntry, ...], Tag("=list")]
    | Annotated[dict[ServiceName, Text], Tag("=map")],
    BY_SHAPE,
]


class DependencyTable(Strict):
    condition: Condition = Condition.STARTED
    required: Flag = True
    restart: Flag = False


DependsOn = Annotated[
    Annotated[tuple[Text, ...], Tag("=list")] | Annotated[dict[str, DependencyTable], Tag("=map")],
    BY_SHAPE,
]


class EnvFileTable(Strict):
    path: Text
    required: Flag = True
    format: Literal["raw"] | None = None


EnvFileEntry = Annotated[
    Annotated[Text, Tag("=string")] | Annotated[EnvFileTable, Tag("=map")], BY_SHAPE
]
EnvFiles = Annotated[
    Annotated[Text, Tag("=string")] | Annotated[tuple[EnvFileEntry, ...], Tag("=list")], BY_SHAPE
]


class Timing(Strict):
    interval: Duration | None = None
    timeout: Duration | None = None
    retries: Whole | None = None
    start_period: Duration | None = None
    start_interval: Duration | None = None


class Healthcheck(Timing):
    test: Texts | None = None
    disable: Flag = False

    @model_validator(mode="after")
    def _check_test(self) -> Healthcheck:
        kinds = {"NONE", "CMD", "CMD-SHELL"}
        if isinstance(self.test, tuple) and not kinds.intersection(self.test[:1]):
            raise refusal("`test` must begin with NONE, CMD or CMD-SHELL", "or be one string")
        return self


Statuses = Annotated[tuple[int, ...], parsed_by(checks.statuses), TEXT_SCHEMA]


StatusList = Annotated[
    Annotated[Statuses, Tag("=string")] | Annotated[tuple[Statuses, ...], Tag("=list")], BY_SHAPE
]


class HttpTable(Strict):
    path: Text = "/"
    port: Text = ""
    host: Text = "127.0.0.1"
    status: StatusList = ()


class TcpTable(Strict):
    port: Text = ""
    host: Text = "127.0.0.1"


class Ready(Timing):
    """When a service is ready: one of ``http``, ``tcp``, ``log``, ``exec`` and ``file``."""

    http: (
        Annotated[
            Annotated[HttpCheck, parsed_by(checks.http), TEXT_SCHEMA, Tag("=string")]
            | Annotated[HttpTable, Tag("=map")],
            BY_SHAPE,
        ]
        | None
    ) = None
    tcp: (
        Annotated[
            Annotated[TcpCheck, parsed_by(checks.tcp), TEXT_SCHEMA, Tag("=string")]
            | Annotated[TcpTable, Tag("=map")],
            BY_SHAPE,
        ]
        | None
    ) = None
    log: Annotated[str, parsed_by(checks.pattern), TEXT_SCHEMA] | None = None
    exec: Words | None = None
    file: Text | None = None

    @model_validator(mode="after")
    def _check_one(self) -> Ready:
        kinds = ("http", "tcp", "log", "exec", "file")
        said = [name for name in kinds if getattr(self, name) is not None]
        if len(said) != 1:
            raise refusal(
                f"expected one check, got {' and '.join(said) or 'none'}",
                "write one of http, tcp, log, exec and file",
            )
        return self


class ProcessTable(Strict):
    """How a service runs as a host process, where that differs from its container."""

    command: Words
    working_dir: Text | None = None
    environment: Pairs | None = None
    ready: Ready | None = None


class RestartTable(Strict):
    condition: Literal["none", "on-failure", "any"] = "any"
    max_attempts: Whole | None = None
    delay: Any = None
    window: Any = None


class Deploy(Strict):
    replicas: Count | None = None
    restart_policy: RestartTable | None = None
    mode: Any = None
    endpoint_mode: Any = None
    labels: Any = None
    placement: Any = None
    resources: Any = None
    rollback_config: Any = None
    update_config: Any = None


class Logs(Strict):
    quota: Size | None = None


ExitCode = Annotated[Whole, Field(le=255)]


class Service(ContainerKeys):
    """One service or task: Compose's keys with Compose's meaning, and ours."""

    uses: Text | None = None
    image: Text | None = None
    build: (
        Annotated[
            Annotated[Text, Tag("=string")] | Annotated[dict[str, Any], Tag("=map")], BY_SHAPE
        ]
        | None
    ) = None
    command: Words | None = None
    process: ProcessTable | None = None
    runtime: Literal["process", "docker"] | None = None
    working_dir: Text | None = None
    environment: Pairs | None = None
    env_file: EnvFiles | None = None
    ports: Ports | None = None
    url: Text = ""
    depends_on: DependsOn | None = None
    healthcheck: Healthcheck | None = None
    ready: Ready | None = None
    restart: Annotated[Restart, parsed_by(fields.restart), TEXT_SCHEMA] | None = None
    stop_signal: Annotated[str, parsed_by(fields.stop_signal), TEXT_SCHEMA] = "SIGTERM"
    stop_grace_period: Duration = 10.0
    success_exit_codes: tuple[ExitCode, ...] | None = None
    scale: Count | None = None
    deploy: Deploy | None = None
    profiles: tuple[ComposeProfile, ...] = ()
    labels: Pairs | None = None
    sync: Sync | None = None
    preview: ServicePreview | None = None
    tty: Flag = False
    stdin_open: Flag = False
    logs: Logs | None = None


class IncludeTable(Strict):
    path: Texts
    project_directory: Text | None = None
    env_file: Texts | None = None


IncludeEntry = Annotated[
    Annotated[Text, Tag("=string")] | Annotated[IncludeTable, Tag("=map")], BY_SHAPE
]


class Profile(Strict):
    """A whole profile."""

    name: Annotated[Text, StringConstraints(pattern="^[a-z0-9][a-z0-9_-]*$")] | None = None
    services: dict[ServiceName, Service] = Field(default_factory=dict)
    tasks: dict[ServiceName, Service] = Field(default_factory=dict)
    include: tuple[IncludeEntry, ...] = ()
    logs: Logs | None = None
    network: Literal["shared"] | None = None
    networks: Any = None
    volumes: Any = None
    secrets: Any = None
    configs: Any = None
    preview: Preview | None = None


def json_schema() -> str:
    """Write the JSON Schema that editors use."""
    schema = Profile.model_json_schema()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "devenv profile"}
    return json.dumps({**schema, **head}, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(json_schema())
