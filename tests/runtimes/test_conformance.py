"""Every runtime keeps the contract of devenv/runtimes/protocol.py, each on its own stage."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from devenv.errors import DevenvError
from devenv.model.environment import ReplicaId
from devenv.runtimes.protocol import Capability
from tests.runtimes.conformance import (
    ELSEWHERE,
    HERE,
    WITHIN,
    Far,
    Play,
)
from tests.runtimes.stages import RUNTIMES

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
