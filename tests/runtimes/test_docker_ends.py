"""How containers end, and what is seen of it."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from devenv.model.environment import ReplicaId
from devenv.model.unit import Exit
from tests.runtimes.containers import IMAGE, Quay, quay

pytestmark = pytest.mark.usefixtures("engine")


def run(base: Path, test: Callable[[Quay], Awaitable[None]]) -> None:
    async def perform() -> None:
        async with asyncio.timeout(60), quay(base) as opened:
            await test(opened)

    asyncio.run(perform())


async def end_of(place: Quay, name: str) -> Exit:
    ends: list[Exit] = []

    async def watch() -> None:
        while not ends:
            unit = await place.unit(name)
            if unit.exit is not None:
                ends.append(unit.exit)
            await asyncio.sleep(0.01)

    await asyncio.wait_for(watch(), 30)
    return ends[0]


def test_one_that_the_kernel_kills_for_its_memory_is_told_apart(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        hog = {
            "image": IMAGE,
            # The engine begins to watch its memory a moment after its start.
            "command": ["sh", "-c", "sleep 0.5; exec tail -c 500m /dev/zero"],
            "mem_limit": 16 * 1024 * 1024,
            "memswap_limit": 16 * 1024 * 1024,
        }
        await place.start("hog", hog)
        ended = await end_of(place, "hog")
        async with asyncio.timeout(20):
            while not ended.out_of_memory:  # the engine may learn of the end before its reason
                await asyncio.sleep(0.01)
                ended = await end_of(place, "hog")
        assert (ended.code, ended.out_of_memory) == (137, True)

    run(tmp_path, test)


def test_one_that_somebody_kills_is_not_out_of_memory(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        await place.start("web")
        number = place.runtime.commands.container(place.environment, ReplicaId("web"))
        await asyncio.to_thread(
            subprocess.run, ("docker", "kill", number), check=True, capture_output=True
        )
        ended = await end_of(place, "web")
        assert (ended.code, ended.out_of_memory, ended.requested) == (137, False, False)

    run(tmp_path, test)
