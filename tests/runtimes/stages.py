"""A stage for each runtime: what the conformance suite is played on."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devenv.model.environment import EnvironmentId
from devenv.model.origin import Origin
from devenv.model.preview import Cluster, Preview
from devenv.model.service import Container, Kind, Process, Service
from devenv.model.unit import Unit
from devenv.runtimes.docker.names import container_name
from devenv.runtimes.docker.runtime import DockerRuntime
from devenv.runtimes.kubernetes.kubeconfig import pin
from devenv.runtimes.kubernetes.names import workload_name
from devenv.runtimes.kubernetes.runtime import KubernetesRuntime
from devenv.runtimes.memory import MemoryRuntime
from devenv.runtimes.process.runtime import ProcessRuntime
from devenv.runtimes.protocol import Client, Sources
from tests.fakes.apiserver import CONTEXT, ApiServer
from tests.runtimes.conformance import (
    ELSEWHERE,
    HERE,
    LISTENS,
    Far,
    Framed,
    OpenStage,
    Stage,
)
from tests.runtimes.processes import runtime_in

VARIABLES = {"PATH": "/usr/bin:/bin"}


@dataclass
class MemoryStage:
    runtime: MemoryRuntime
    variables: Mapping[str, str] = field(default_factory=lambda: VARIABLES)

    def service(self, name: str) -> Service:
        return Service(name, Origin("x"), process=Process((name,), "/"))

    def listener(self, name: str) -> Service:
        raise AssertionError("nothing of it can be attached to")

    async def attach(self, environment: EnvironmentId, unit: Unit) -> Far:
        raise AssertionError("nothing of it can be attached to")

    def end(self, environment: EnvironmentId, unit: Unit, code: int) -> None:
        self.runtime.end(environment, unit.id, code)

    def preview(self, environment: EnvironmentId) -> Preview | None:
        return None


@asynccontextmanager
async def memory(base: Path) -> AsyncIterator[Stage]:
    yield MemoryStage(MemoryRuntime(time.monotonic))


@dataclass
class ProcessStage:
    """Its services end with the code that they find in a file named after their process."""

    base: Path
    runtime: ProcessRuntime
    variables: Mapping[str, str] = field(default_factory=lambda: VARIABLES)

    def service(self, name: str) -> Service:
        script = "until [ -e end.$$ ]; do sleep 0.01; done; exit $(cat end.$$)"
        return Service(
            name, Origin("x"), process=Process(("sh", "-c", script, name), str(self.base))
        )

    def listener(self, name: str) -> Service:
        process = Process(("sh", "-c", LISTENS, name), str(self.base), stdin=True)
        return Service(name, Origin("x"), process=process)

    async def attach(self, environment: EnvironmentId, unit: Unit) -> Far:
        return Framed(await self.runtime.attach(environment, unit.id, columns=80, rows=24))

    def end(self, environment: EnvironmentId, unit: Unit, code: int) -> None:
        (self.base / "making").write_text(str(code))
        (self.base / "making").rename(self.base / f"end.{unit.pid}")

    def preview(self, environment: EnvironmentId) -> Preview | None:
        return None


@asynccontextmanager
async def process(base: Path) -> AsyncIterator[Stage]:
    runtime = runtime_in(base)
    try:
        yield ProcessStage(base, runtime)
    finally:
        for environment in (HERE, ELSEWHERE):
            await runtime.discard(environment, data=False)
        runtime.close()


@dataclass
class DockerStage:
    """Its services end with the code that they find in a file within their container."""

    runtime: DockerRuntime
    variables: Mapping[str, str]

    def service(self, name: str) -> Service:
        script = "until [ -e /end ]; do sleep 0.05; done; code=$(cat /end); rm /end; exit $code"
        definition = {"image": "lab/busybox", "command": ["sh", "-c", script]}
        return Service(name, Origin("x"), container=Container(definition))

    def listener(self, name: str) -> Service:
        command = ["sh", "-c", LISTENS]
        definition = {"image": "lab/busybox", "command": command, "stdin_open": True}
        return Service(name, Origin("x"), container=Container(definition))

    async def attach(self, environment: EnvironmentId, unit: Unit) -> Far:
        return await self.runtime.commands.attach(environment, unit.id, (80, 24))

    def end(self, environment: EnvironmentId, unit: Unit, code: int) -> None:
        script = f"echo {code} > /making; mv /making /end"
        container = container_name(environment, unit.id)
        words = ["docker", "exec", container, "sh", "-c", script]
        subprocess.run(words, check=True, env={**os.environ, **self.variables})

    def preview(self, environment: EnvironmentId) -> Preview | None:
        return None


@asynccontextmanager
async def docker(base: Path) -> AsyncIterator[Stage]:
    runtime = DockerRuntime(records=lambda environment: str(base / f"{environment}.json"))
    stage = DockerStage(runtime, {**VARIABLES, "DOCKER_HOST": os.environ["DOCKER_HOST"]})
    try:
        yield stage
    finally:
        for environment in (HERE, ELSEWHERE):
            await runtime.places.reach(environment, Client("/", environment=stage.variables))
            await runtime.discard(environment, data=True)
        runtime.close()


@dataclass
class KubernetesStage:
    """Its services are Jobs, which the cluster's controllers end when told to."""

    runtime: KubernetesRuntime
    server: ApiServer
    cluster: Cluster
    variables: Mapping[str, str] = field(default_factory=lambda: VARIABLES)

    def service(self, name: str) -> Service:
        container = Container({"image": "lab/busybox"})
        return Service(name, Origin("x"), kind=Kind.TASK, container=container)

    def listener(self, name: str) -> Service:
        self.server.kubelet.program = ("sh", "-c", LISTENS)
        container = Container({"image": "lab/busybox", "stdin_open": True})
        return Service(name, Origin("x"), kind=Kind.TASK, container=container)

    async def attach(self, environment: EnvironmentId, unit: Unit) -> Far:
        return await self.runtime.commands.attach(environment, unit.id, (80, 24))

    def end(self, environment: EnvironmentId, unit: Unit, code: int) -> None:
        workload = workload_name(unit.id.service, unit.id.index)
        self.server.controllers.end(environment, workload, code)

    def preview(self, environment: EnvironmentId) -> Preview | None:
        return Preview(self.cluster, environment, "shop", "main", "me", 3600.0, b"key")


async def _builds_nothing(*_: object) -> Any:
    raise AssertionError("nothing is to be built")


async def _knows_nobody(*_: object) -> None:
    return None


@asynccontextmanager
async def kubernetes(base: Path) -> AsyncIterator[Stage]:
    server = ApiServer()
    async with server.serving():
        cluster = pin("fake", CONTEXT, str(server.kubeconfig(base)))
        runtime = KubernetesRuntime(
            Sources(_builds_nothing, _builds_nothing, _knows_nobody), "here"
        )
        yield KubernetesStage(runtime, server, cluster)
        await runtime.close()


RUNTIMES: dict[str, OpenStage] = {
    "memory": memory,
    "process": process,
    "docker": docker,
    "kubernetes": kubernetes,
}
