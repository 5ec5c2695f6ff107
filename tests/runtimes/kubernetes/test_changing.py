"""A service that is changed in a cluster: what is told of it, and what goes on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from devenv.model.environment import Replica, ReplicaId
from devenv.model.plan import Start, StopUnit
from devenv.model.service import Kind
from devenv.model.unit import Unit
from devenv.runtimes.refused import NOT_MADE
from tests.fakes.apiserver import Fault
from tests.runtimes.conformance import HERE, Play
from tests.runtimes.stages import KubernetesStage, kubernetes

WHY = "no more of these"


class Shop:
    """One service in a cluster that is only said to be there."""

    def __init__(self, stage: KubernetesStage, kind: Kind) -> None:
        self.stage = stage
        self.play = Play(stage)
        self._kind = kind

    async def start(self, like: str) -> Unit:
        service = replace(self.stage.service("web"), kind=self._kind)
        step = Start(Replica(service, 0, like, 1), "kubernetes", "wanted")
        await self.stage.runtime.start(HERE, step, lambda line: None)
        return await self.unit()

    async def unit(self) -> Unit:
        found = await self.play.unit()
        assert found is not None
        return found

    def refuse(self, plural: str) -> None:
        self.stage.server.faults = [Fault("PATCH", f"/{plural}/web", 403, {}, WHY)]

    def was_without_pods(self) -> bool:
        """Tell whether no pod of it was wanted at any time."""
        changes = self.stage.server.store.changes
        wanted = [one.made["spec"]["replicas"] for one in changes if one.plural == "deployments"]
        assert wanted
        return 0 in wanted


def on(folder: Path, kind: Kind, test: Callable[[Shop], Awaitable[None]]) -> None:
    async def inside() -> None:
        async with kubernetes(folder) as stage:
            assert isinstance(stage, KubernetesStage)
            shop = Shop(stage, kind)
            await shop.play.prepare()
            await test(shop)

    asyncio.run(inside())


def test_a_start_that_failed_is_not_hidden_by_what_has_ended_before(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        await shop.play.end(await shop.start("one"), 3)
        shop.refuse("jobs")
        unit = await shop.start("two")
        assert unit.exit is not None
        assert (unit.exit.code, unit.exit.why, unit.fingerprint) == (NOT_MADE, WHY, "two")
        assert (await shop.start("two")).exit is None

    on(tmp_path, Kind.TASK, test)


def test_a_change_takes_the_place_of_what_runs(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        await shop.start("one")
        unit = await shop.start("two")
        assert (unit.exit, unit.fingerprint) == (None, "two")
        assert not shop.was_without_pods()

    on(tmp_path, Kind.SERVICE, test)


def test_a_change_that_is_refused_is_told_and_what_runs_goes_on(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        await shop.start("one")
        shop.refuse("deployments")
        unit = await shop.start("two")
        assert unit.exit is not None
        assert (unit.exit.why, unit.fingerprint) == (WHY, "two")
        assert not shop.was_without_pods()
        unit = await shop.start("two")
        assert (unit.exit, unit.fingerprint) == (None, "two")

    on(tmp_path, Kind.SERVICE, test)


def test_what_goes_on_behind_a_refused_change_is_stopped_before_it_is_forgotten(
    tmp_path: Path,
) -> None:
    async def test(shop: Shop) -> None:
        await shop.start("one")
        shop.refuse("deployments")
        await shop.start("two")
        await shop.stage.runtime.remove(HERE, ReplicaId("web"))
        unit = await shop.unit()
        assert (unit.exit, unit.fingerprint) == (None, "one")
        step = StopUnit(unit, "SIGTERM", 5.0, "asked")
        await shop.stage.runtime.stop(HERE, step, lambda line: None)
        await shop.stage.runtime.remove(HERE, ReplicaId("web"))
        assert await shop.play.names() == []

    on(tmp_path, Kind.SERVICE, test)
