"""What the loop is spared where files cannot be watched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from devenv.daemon import syncing
from devenv.daemon.host import Folders
from devenv.daemon.syncing import Syncer
from devenv.daemon.units import Wishes, numbered
from devenv.daemon.verbs.syncing import status
from devenv.errors import DevenvError
from devenv.model.environment import Desired, EnvironmentId, Replica, ReplicaId, Wanted
from devenv.model.origin import Origin
from devenv.model.service import Service
from devenv.model.sync import SyncRule
from devenv.model.unit import Observed, Unit
from devenv.sync.session import Hold
from devenv.sync.watch.watcher import Watcher


def wanted(rule: SyncRule, runtime: str = "process") -> Desired:
    web = Service("web", Origin("x"), sync=(rule,))
    one = Wanted(web, runtime, (Replica(web, 0, "print"),))
    return Desired(EnvironmentId("shop"), {"web": one})


async def failing() -> None:
    raise RuntimeError("a bug")


async def shown(syncer: Syncer) -> tuple[str, str]:
    """State and reason of the only rule, as ``sync status`` has them."""
    found = SimpleNamespace(id="shop", syncer=syncer), None
    context = SimpleNamespace(registry=SimpleNamespace(find=lambda _: found))
    answer = await status(cast(Any, context), {"target": {"environment": "shop"}})
    (rule,) = answer.result["rules"]
    return rule["state"], rule["reason"]


@asynccontextmanager
async def following(
    base: Path, notes: list[tuple[str, str]], wake: Callable[[], None]
) -> AsyncIterator[Syncer]:
    """A syncer on real files, of an environment in which nothing runs."""
    watcher = Watcher(str(base / "cookies"))
    docker = SimpleNamespace(name="docker", commands=SimpleNamespace(kept=lambda *_: None))
    watching = SimpleNamespace(watcher=lambda: watcher)
    host = SimpleNamespace(watching=watching, docker=docker, home="", folders=Folders(base))
    none = cast(Any, None)
    wishes = Wishes(none, none, none, lambda *note: notes.append(note), none)
    syncer = Syncer(EnvironmentId("shop"), cast(Any, host), wishes, wake=wake)
    try:
        yield syncer
    finally:
        tasks = [going.task for going in syncer._running.values()]
        syncer.close()
        await asyncio.wait(tasks)
        watcher.close()


def test_a_session_that_a_bug_has_ended_is_told_and_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syncing, "AGAIN", 0.0)
    notes: list[tuple[str, str]] = []
    rules = wanted(SyncRule(str(tmp_path), restart=True))

    async def main() -> None:
        woken = asyncio.Event()
        async with following(tmp_path, notes, woken.set) as syncer, asyncio.timeout(15):
            syncer.follow(Observed(), rules, watching=True)
            first, task = syncer.sessions["web"], syncer._running["web"].task
            await first.caught_up()
            assert await shown(syncer) == ("watching", "")
            woken.clear()
            monkeypatch.setattr(first._copies, "settle", failing)
            first.pause(paused=False)
            await asyncio.wait([task])
            await first.caught_up()
            assert await shown(syncer) == ("failed", syncing.FAILED)
            await woken.wait()
            syncer.follow(Observed(), rules, watching=True)
            await syncer.sessions["web"].caught_up()
            assert await shown(syncer) == ("watching", "")

    asyncio.run(main())
    assert [service for service, text in notes if syncing.FAILED in text] == ["web"]


def test_a_service_is_to_wait_until_its_files_have_been_looked_at(tmp_path: Path) -> None:
    rules = wanted(SyncRule(str(tmp_path), restart=True))

    async def main() -> None:
        woken = asyncio.Event()
        async with following(tmp_path, [], woken.set) as syncer, asyncio.timeout(15):
            assert syncer.unread(rules, watching=False) == set()
            assert syncer.unread(rules, watching=True) == {"web"}
            syncer.follow(Observed(), rules, watching=True)
            assert syncer.unread(rules, watching=True) == {"web"}
            await woken.wait()
            assert syncer.unread(rules, watching=True) == set()

    asyncio.run(main())


def test_a_container_of_another_definition_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = SyncRule(str(tmp_path), "/app")
    desired = wanted(rule, "docker")
    followed: list[set[ReplicaId]] = []

    async def main() -> None:
        async with following(tmp_path, [], lambda: None) as syncer:
            monkeypatch.setattr(syncer._host.docker.commands, "kept", lambda *_: "c1")
            syncer.follow(Observed(), desired, watching=True)
            monkeypatch.setattr(
                syncer.sessions["web"], "follow", lambda units: followed.append({*units})
            )
            for fingerprint in ("another", "print"):
                unit = Unit(ReplicaId("web"), "docker", fingerprint)
                syncer.follow(Observed({unit.id: unit}), desired, watching=True)

    asyncio.run(main())
    assert followed == [set(), {ReplicaId("web")}]


def test_what_is_held_is_said_before_anything_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with following(tmp_path, [], lambda: None) as syncer, asyncio.timeout(15):
            syncer.follow(Observed(), wanted(SyncRule(str(tmp_path), restart=True)), watching=True)
            session = syncer.sessions["web"]
            await session.caught_up()
            held = Hold("another branch is checked out", 1.0)
            monkeypatch.setattr(session._hands, "hold", lambda: held)
            assert await shown(syncer) == ("held", held.reason)

    asyncio.run(main())


def test_services_are_listed_in_the_order_of_the_profile(tmp_path: Path) -> None:
    def with_rule(name: str) -> Wanted:
        rule = SyncRule(str(tmp_path), restart=True)
        service = Service(name, Origin("x"), sync=(rule,))
        return Wanted(service, "process", (Replica(service, 0, "print"),))

    async def main() -> None:
        async with following(tmp_path, [], lambda: None) as syncer:
            for names in (["web", "queue"], ["web", "api", "queue", "db", "worker"]):
                services = {name: with_rule(name) for name in names}
                syncer.follow(Observed(), Desired(EnvironmentId("shop"), services), watching=True)
                assert list(syncer.sessions) == names

    asyncio.run(main())


def test_an_action_that_failed_is_said_until_one_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(_rule: SyncRule, _paths: Sequence[str]) -> None:
        raise DevenvError("the build of web failed\nline 3")

    async def done(_rule: SyncRule, _paths: Sequence[str]) -> None: ...

    async def main() -> None:
        source = tmp_path / "src"
        source.mkdir()
        async with following(tmp_path, [], lambda: None) as syncer, asyncio.timeout(15):
            syncer.follow(Observed(), wanted(SyncRule(str(source), restart=True)), watching=True)
            session = syncer.sessions["web"]
            await session.caught_up()
            for act, reason in (
                (failing, "its last action failed: the build of web failed"),
                (done, ""),
            ):
                monkeypatch.setattr(session._hands, "act", act)
                (source / "a").write_text(reason)
                await session.caught_up()
                assert await shown(syncer) == ("watching", reason)

    asyncio.run(main())


def test_a_machine_without_room_for_a_watcher_is_told_of_once() -> None:
    def refused() -> Any:
        raise DevenvError("files cannot be watched: too many", "raise the limit")

    docker = SimpleNamespace(name="docker")
    host = SimpleNamespace(watching=SimpleNamespace(watcher=refused), docker=docker)
    notes: list[str] = []
    none = cast(Any, None)
    wishes = Wishes(none, none, none, lambda _, text: notes.append(text), none)
    woken: list[None] = []
    syncer = Syncer(EnvironmentId("shop"), cast(Any, host), wishes, wake=lambda: woken.append(None))
    rules = wanted(SyncRule("/src", restart=True))
    assert syncer.unread(rules, watching=True) == {"web"}
    for _ in range(3):
        syncer.follow(Observed(), rules, watching=True)
        assert syncer.unread(rules, watching=True) == set(), "it would wait for ever"
    assert woken == [None]
    assert notes == ["files cannot be watched: too many: raise the limit"]
    assert syncer.sessions == {}


def test_a_pod_keeps_its_number_and_a_new_one_gets_the_lowest_that_is_free() -> None:
    first = numbered({}, ["a", "b", "c"])
    assert first == {"a": 0, "b": 1, "c": 2}
    assert numbered(first, ["c", "d", "a", "e"]) == {"c": 2, "d": 1, "a": 0, "e": 3}
    assert numbered(first, []) == {}
