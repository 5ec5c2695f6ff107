"""Every runtime keeps the contract of devenv/runtimes/protocol.py, each on its own stage."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId, ReplicaId
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
from devenv.runtimes.protocol import Capability, Client, Sources
from tests.fakes.apiserver import CONTEXT, ApiServer
from tests.runtimes.conformance import (
    ELSEWHERE,
    HERE,
    LISTENS,
    WITHIN,
    Far,
    Framed,
    OpenStage,
    Play,
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


Held = Callable[[str, Path, pytest.FixtureRequest], None]


def held(test: Callable[[Play], Awaitable[None]]) -> Held:
    """Hold every runtime to ``test``."""

    @pytest.mark.parametrize("name", RUNTIMES)
    def run(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
        if name == "docker":
            request.getfixturevalue("engine")

        async def inside() -> None:
            async with RUNTIMES[name](tmp_path) as stage:
                await test(Play(stage))

        asyncio.run(inside())

    run.__name__ = test.__name__
    return run


@held
async def test_nothing_is_seen_of_an_environment_that_was_never_prepared(play: Play) -> None:
    look = await play.runtime.observe(HERE)
    assert (look.units, look.prepared, look.away, look.lost) == ({}, "", "", "")


@held
async def test_what_was_prepared_last_is_told(play: Play) -> None:
    for fingerprint in ("first", "second"):
        await play.prepare(fingerprint)
        assert (await play.runtime.observe(HERE)).prepared == fingerprint


@held
async def test_to_prepare_again_leaves_what_runs(play: Play) -> None:
    await play.prepare("first")
    unit = await play.start()
    await play.prepare("second")
    assert await play.unit() == unit


@held
async def test_nothing_starts_before_it_is_prepared(play: Play) -> None:
    with pytest.raises(DevenvError):
        await play.start()


@held
async def test_a_unit_says_what_it_was_started_for(play: Play) -> None:
    await play.prepare()
    unit = await play.start("web", 2, like="this", attempt=3)
    assert (unit.id, unit.runtime) == (ReplicaId("web", 2), play.runtime.name)
    assert (unit.fingerprint, unit.generation, unit.attempt, unit.restarts) == ("this", 1, 3, 3)
    assert (unit.exit, unit.stopping, unit.lingering) == (None, False, False)


@held
async def test_to_start_what_runs_as_asked_changes_nothing(play: Play) -> None:
    await play.prepare()
    assert await play.start() == await play.start()


@held
async def test_what_runs_is_not_replaced_by_another_definition(play: Play) -> None:
    await play.prepare()
    unit = await play.start(like="one")
    with pytest.raises(DevenvError, match="web still runs"):
        await play.start(like="another")
    assert await play.unit() == unit


@held
async def test_what_ends_by_itself_stays_listed_with_its_code(play: Play) -> None:
    await play.prepare()
    ended = await play.end(await play.start(), 3)
    assert ended.exit is not None
    assert (ended.exit.code, ended.exit.requested) == (3, False)
    assert ended.exit.at >= ended.started


@held
async def test_what_has_ended_may_start_again(play: Play) -> None:
    await play.prepare()
    await play.end(await play.start(), 1)
    again = await play.start(attempt=1)
    assert (again.exit, again.attempt) == (None, 1)


@held
async def test_what_was_stopped_stays_listed_and_says_so(play: Play) -> None:
    await play.prepare()
    stopped = await play.stop(await play.start())
    assert stopped is not None
    assert stopped.exit is not None
    assert (stopped.exit.code, stopped.exit.requested) == (143, True)
    assert (stopped.stopping, stopped.lingering) == (False, False)


@held
async def test_to_stop_what_has_ended_keeps_how_it_ended(play: Play) -> None:
    await play.prepare()
    ended = await play.end(await play.start(), 3)
    assert await play.stop(ended) == ended


@held
async def test_to_stop_what_is_absent_succeeds(play: Play) -> None:
    await play.prepare()
    unit = await play.start()
    assert await play.stop(replace(unit, id=ReplicaId("other"))) is None
    assert await Play(play.stage, ELSEWHERE).stop(unit) is None
    assert await play.unit() == unit


@held
async def test_what_was_removed_is_not_listed(play: Play) -> None:
    await play.prepare()
    unit = await play.start()
    await play.start("worker")
    await play.stop(unit)
    for _ in range(2):
        await play.runtime.remove(HERE, unit.id)
        assert await play.names() == ["worker"]


@held
async def test_what_runs_is_not_removed(play: Play) -> None:
    await play.prepare()
    unit = await play.start()
    with pytest.raises(DevenvError, match="web still runs"):
        await play.runtime.remove(HERE, unit.id)
    assert await play.unit() == unit


@held
async def test_what_is_paused_says_so_and_goes_on(play: Play) -> None:
    if Capability.PAUSE not in play.runtime.capabilities:
        return
    await play.prepare()
    unit = await play.start()
    for paused in (True, False):
        await play.runtime.pause(HERE, unit.id, paused=paused)
        assert await play.unit() == replace(unit, paused=paused)


@held
async def test_what_is_paused_can_be_stopped(play: Play) -> None:
    if Capability.PAUSE not in play.runtime.capabilities:
        return
    await play.prepare()
    unit = await play.start()
    await play.runtime.pause(HERE, unit.id, paused=True)
    stopped = await play.stop(unit)
    assert stopped is not None
    assert stopped.exit is not None
    assert stopped.exit.requested


@held
async def test_replicas_live_and_end_on_their_own(play: Play) -> None:
    await play.prepare()
    first, second = await play.start("web", 0), await play.start("web", 1)
    await play.stop(first)
    assert await play.unit("web", 1) == second


@held
async def test_environments_do_not_see_each_other(play: Play) -> None:
    elsewhere = Play(play.stage, ELSEWHERE)
    await play.prepare("here")
    await elsewhere.prepare("elsewhere")
    unit = await play.start()
    assert await elsewhere.names() == []
    await elsewhere.start()
    await play.runtime.discard(ELSEWHERE, data=False)
    assert await play.unit() == unit


@held
async def test_to_discard_leaves_nothing(play: Play) -> None:
    await play.prepare()
    await play.end(await play.start())
    await play.start("worker")
    for _ in range(2):
        await play.runtime.discard(HERE, data=False)
        look = await play.runtime.observe(HERE)
        assert (look.units, look.prepared) == ({}, "")


@held
async def test_after_a_discard_all_begins_anew(play: Play) -> None:
    await play.prepare("first")
    await play.start(like="one")
    await play.runtime.discard(HERE, data=False)
    await play.prepare("second")
    assert (await play.start(like="another")).fingerprint == "another"


@held
async def test_it_is_told_when_something_ends_by_itself(play: Play) -> None:
    await play.prepare()
    unit = await play.start()
    play.stage.end(HERE, unit, 0)
    async with asyncio.timeout(WITHIN):
        async for environment in play.runtime.changes():
            assert environment == HERE
            now = await play.unit()
            if now is not None and now.exit is not None:
                break


@held
async def test_only_what_runs_is_sampled(play: Play) -> None:
    await play.prepare()
    await play.end(await play.start())
    await play.start("worker")
    assert [str(key) for key in await play.runtime.samples(HERE)] == ["worker"]


@held
async def test_who_attaches_talks_with_it_and_leaves_it_running(play: Play) -> None:
    if Capability.ATTACH not in play.runtime.capabilities:
        return
    await play.prepare()
    unit = await play.listen()
    for word in (b"one", b"two"):
        async with aclosing(await play.stage.attach(HERE, unit)) as far:
            await far.write(word + b"\n")
            await _hears(far, b"<" + word + b">")
    assert await play.unit() == unit


@held
async def test_who_is_attached_is_told_how_it_ended(play: Play) -> None:
    if Capability.ATTACH not in play.runtime.capabilities:
        return
    await play.prepare()
    async with aclosing(await play.stage.attach(HERE, await play.listen())) as far:
        await far.write(b"end 3\n")
        assert await far.exit_code() == 3


async def _hears(far: Far, wanted: bytes) -> None:
    heard = b""
    async with asyncio.timeout(WITHIN):
        while wanted not in heard:
            piece = await far.read()
            assert piece is not None, heard
            heard += piece[1]
