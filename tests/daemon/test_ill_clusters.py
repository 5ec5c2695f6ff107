"""A cluster that is ill for a minute: told meanwhile, and nothing is left of it afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from devenv.runtimes.kubernetes.connection import LOGINS
from tests.daemon.previewed import READY, Previewed, on
from tests.fakes.apiserver import TOKEN, ApiServer, Fault

pytestmark = pytest.mark.usefixtures("home")
MINUTE = 60.0


@dataclass(frozen=True)
class Illness:
    """How it begins and ends, and what is told meanwhile; "": nobody can know it so soon."""

    begin: Callable[[ApiServer], Any]
    end: Callable[[ApiServer], Any]
    words: str


def refusing(status: int, message: str, **headers: str) -> Illness:
    """Every request is answered so, and no watch goes on."""

    def begin(fake: ApiServer) -> None:
        fake.ill = Fault("", "", status, headers, message)
        fake.cut()

    def end(fake: ApiServer) -> None:
        fake.ill = None

    return Illness(begin, end, message)


def silent(fake: ApiServer) -> None:
    fake.silent = "/"
    fake.cut()


def deaf(fake: ApiServer) -> None:
    fake.half_open = True


def hearing(fake: ApiServer) -> None:
    fake.half_open = False


def locked(fake: ApiServer) -> None:
    fake.token = "another"
    fake.cut()


def unlocked(fake: ApiServer) -> None:
    fake.token = TOKEN


def forgetful(shape: str) -> Illness:
    def begin(fake: ApiServer) -> None:
        fake.gone = shape
        fake.ill = Fault("", "", 503, {}, "it starts")
        fake.cut()

    def end(fake: ApiServer) -> None:
        fake.ill, fake.expired = None, fake.store.version

    return Illness(begin, end, "it starts")


ILLNESSES = {
    "stopped": Illness(
        ApiServer.stop,
        ApiServer.start,
        "the cluster fake does not answer: nothing listens at http://127.0.0.1:",
    ),
    "half-open": Illness(
        silent, ApiServer.speak, "the cluster fake does not answer: http://127.0.0.1:"
    ),
    "silent watches": Illness(deaf, hearing, ""),
    "401": Illness(locked, unlocked, "does not take our credentials"),
    "403": refusing(403, "pods is forbidden: User cannot list"),
    "410 as an answer": forgetful("answer"),
    "410 as an event": forgetful("event"),
    "429": refusing(429, "too many requests", **{"Retry-After": "20"}),
    "500": refusing(500, "etcd is not there"),
}


@pytest.mark.parametrize("name", ILLNESSES)
def test_a_cluster_that_is_ill_for_a_minute_while_it_is_up(tmp_path: Path, name: str) -> None:
    illness = ILLNESSES[name]

    async def test(world: Previewed) -> None:
        await world.up()
        assert world.states == READY

        await _done(illness.begin(world.fake))
        _ready_pods(world, 0)
        with world.hurried():
            await asyncio.sleep(MINUTE)
        assert illness.words in world.words
        assert world.states == READY, "as last seen"

        await _done(illness.end(world.fake))
        with world.hurried():
            await world.until(lambda: world.states == {**READY, "web": "running"})
            _ready_pods(world, 1)
            await world.until(lambda: world.states == READY and not world.words)

        before = world.changes
        await world.up()
        assert world.changes == before

    on(tmp_path, test)


@pytest.mark.parametrize("status", [401, 409, 429, 500, 503])
def test_a_cluster_that_does_not_take_a_service_for_a_minute(tmp_path: Path, status: int) -> None:
    async def test(world: Previewed) -> None:
        world.fake.ill = Fault("PATCH", r"/deployments/web\?", status, {}, "a bad day")
        await world.ask("preview.up")
        with world.hurried():
            await asyncio.sleep(MINUTE)
            assert "a bad day" in world.words
            world.fake.ill = None
            await world.until(lambda: world.states == READY and not world.words)
        before = world.changes
        await world.up()
        assert world.changes == before

    on(tmp_path, test)


@pytest.mark.parametrize("status", [403, 422])
def test_what_is_refused_is_told_and_made_when_it_is_asked_for_again(
    tmp_path: Path, status: int
) -> None:
    async def test(world: Previewed) -> None:
        world.fake.ill = Fault("PATCH", r"/deployments/web\?", status, {}, "this may not be")
        await world.up()
        assert world.states == {**READY, "web": "failed"}
        assert "this may not be" in world.words
        world.fake.ill = None
        await world.up()
        assert world.states == READY

    on(tmp_path, test)


@pytest.mark.parametrize(
    ("method", "where"), [("PATCH", "/deployments/web"), ("DELETE", "/namespaces/[^/]*$")]
)
@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_a_cluster_that_does_not_let_go_for_a_minute(
    tmp_path: Path, status: int, method: str, where: str
) -> None:
    async def test(world: Previewed) -> None:
        await world.up()
        world.fake.ill = Fault(method, where, status, {}, "a bad day")
        await world.ask("preview.down")
        with world.hurried():
            await asyncio.sleep(MINUTE)
            assert "a bad day" in world.words + await world.notice()
            world.fake.ill = None
            await world.until(lambda: not world.fake.store.objects)

    on(tmp_path, test)


@pytest.mark.parametrize("name", ["401", "500"])
def test_a_check_tells_at_once_that_a_cluster_is_ill(tmp_path: Path, name: str) -> None:
    illness = ILLNESSES[name]

    async def test(world: Previewed) -> None:
        await _done(illness.begin(world.fake))
        with world.hurried():
            (found,) = (await world.ask("cluster.check", name="fake"))["checks"]
        assert illness.words in found["fault"]
        assert world.fake.count("GET", "/version") <= LOGINS

    on(tmp_path, test)


def test_an_up_while_it_is_taken_down_makes_it_anew(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        await world.up()
        first = world.namespace
        world.fake.controllers.clinging = True
        await world.ask("preview.down")
        await world.until(lambda: set(world.states.values()) == {"stopping"})
        await world.ask("preview.up")
        world.fake.release()
        await world.until(lambda: world.states == READY)
        assert world.namespace in {first, f"{first}-2"}

    on(tmp_path, test)


def test_a_cluster_that_has_not_answered_for_long_is_away(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        await world.up()
        await world.fake.stop()
        with world.hurried():
            await world.until(lambda: world.states == dict.fromkeys(READY, "failed"))
            assert "does not answer" in world.words
            await world.fake.start()
            await world.until(lambda: world.states == READY and not world.words)

    on(tmp_path, test)


async def _done(work: Any) -> None:
    if asyncio.iscoroutine(work):
        await work


def _ready_pods(world: Previewed, count: int) -> None:
    """Let so many pods of the web be ready."""
    key = ("deployments", world.namespace, "web")
    made = world.fake.store.objects[key]
    status = {**made["status"], "readyReplicas": count}
    world.fake.store.put(key, {**made, "status": status})
